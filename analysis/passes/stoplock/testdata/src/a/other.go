// SPDX-License-Identifier: Apache-2.0

package a

import "example.com/deadlock"

type guarded struct {
	embedded deadlock.Mutex
	own      deadlock.RWMutex
	done     chan bool
}

func (g *guarded) start() {
	go func() {
		defer close(g.done)
		g.embedded.Lock()
		g.embedded.Unlock()
		g.own.Lock()
		g.own.Unlock()
	}()
}

func (g *guarded) Stop() {
	g.embedded.Lock()
	<-g.done // want `embedded is held during this wait`
	g.embedded.Unlock()
	<-g.done
}

func (g *guarded) Close() {
	g.own.Lock()
	defer g.own.Unlock()
	<-g.done // want `own is held during this wait`
}
