// SPDX-License-Identifier: Apache-2.0

package once

import "sync"

type server struct {
	once sync.Once
	stop chan struct{}
	errs chan error
	done chan struct{}
	over bool
}

func newServer() *server {
	return &server{stop: make(chan struct{}), errs: make(chan error), done: make(chan struct{})}
}

func (s *server) Close() {
	s.once.Do(func() { close(s.stop) })
	if s.errs != nil {
		close(s.errs) // want `s.errs is closed each time that Close is called: line 20 has a Once for that, and the second close panics`
	}
}

// Both are closed once.
func (s *server) CloseBoth() {
	s.once.Do(func() {
		close(s.stop)
		close(s.done)
	})
}

// A flag decides about the second.
func (s *server) CloseAsked() {
	s.once.Do(func() { close(s.stop) })
	if !s.over {
		s.over = true
		close(s.done)
	}
}

// What is closed is taken away.
func (s *server) CloseGone() {
	s.once.Do(func() { close(s.stop) })
	if s.errs != nil {
		close(s.errs)
		s.errs = nil
	}
}

// The second call comes no further.
func (s *server) CloseEarly() {
	s.once.Do(func() { close(s.stop) })
	if s.over {
		return
	}
	close(s.done)
}

// The Once is for something else.
func (s *server) CloseLog(log func()) {
	s.once.Do(log)
	close(s.done)
}
