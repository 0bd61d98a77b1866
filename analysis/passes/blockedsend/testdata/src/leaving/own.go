// SPDX-License-Identifier: Apache-2.0

package leaving

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// A Session is what a visitor waits with.
type Session struct {
	Notify chan struct{}
	Ready  chan struct{}
}

// A Punch has sessions.
type Punch struct {
	mu       sync.Mutex
	sessions map[string]*Session
}

// Visit waits for the other side.
func (p *Punch) Visit(id string) bool {
	s := &Session{Notify: make(chan struct{}), Ready: make(chan struct{}, 1)}
	p.mu.Lock()
	p.sessions[id] = s
	p.mu.Unlock()
	select {
	case <-s.Ready:
		return true
	case <-s.Notify:
		return true
	case <-time.After(time.Second):
		return false
	}
}

// Arrive tells who waits.
func (p *Punch) Arrive(id string) {
	p.mu.Lock()
	s := p.sessions[id]
	p.mu.Unlock()
	if s != nil {
		s.Ready <- struct{}{}
		s.Notify <- struct{}{} // want `s.Notify has no buffer, and its receiver leaves at line 35: a send after that waits for ever`
	}
}

func shutdown(ctx context.Context, servers []*http.Server) bool {
	done := make(chan bool)
	for _, s := range servers {
		go func() {
			ok := false
			defer func() {
				done <- ok // want `done has no buffer, and line 64 leaves without a receive`
			}()
			ok = s.Shutdown(ctx) == nil
		}()
	}
	success := true
	for range servers {
		success = success && <-done
	}
	return success
}

func all(ctx context.Context, servers []*http.Server) bool {
	done := make(chan bool)
	for _, s := range servers {
		go func() { done <- s.Shutdown(ctx) == nil }()
	}
	success := true
	for range servers {
		success = <-done && success
	}
	return success
}

type scanner struct{ now chan request2 }

type request2 struct{ err chan error }

func newScanner() *scanner { return &scanner{now: make(chan request2)} }

func (s *scanner) Scan() error {
	r := request2{err: make(chan error)}
	s.now <- r // want `s.now has no buffer, and its receiver leaves at line 103`
	return <-r.err
}

// A Folder scans.
type Folder struct {
	ctx  context.Context
	scan *scanner
}

// Serve is what a supervisor runs.
func (f *Folder) Serve() {
	for {
		select {
		case <-f.ctx.Done():
			return
		case r := <-f.scan.now:
			r.err <- f.ctx.Err()
		}
	}
}
