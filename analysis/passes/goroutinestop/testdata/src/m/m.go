// SPDX-License-Identifier: Apache-2.0

package main

import "time"

type poller struct {
	stop chan struct{}
	n    int
}

func (p *poller) start() {
	go func() { // want `the loop at line \d+ has no end`
		for {
			time.Sleep(time.Second)
			p.n++
		}
	}()
}

func (p *poller) Close() { p.n = 0 }

// What follows is innocent: it lives as long as the process.

func watch() {
	go func() {
		for {
			time.Sleep(time.Second)
		}
	}()
}

func main() {
	go func() {
		for {
			time.Sleep(time.Second)
		}
	}()
	watch()
	p := &poller{stop: make(chan struct{})}
	p.start()
	defer p.Close()
	select {}
}
