// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"errors"
	"time"
)

type session struct {
	requests chan string
}

func (s *session) start(ctx context.Context) {
	go s.waits() // want `the goroutine cannot be stopped: it waits for kind at line 35, and the goroutine of line 27 may end without a send`
	go s.told()
	go s.closed()
	go s.chosen(ctx)
	go s.either(true)
	go s.given()
}

// The client may leave before it has said what it wants.
func (s *session) waits() {
	kind := make(chan string, 1)
	go func() {
		for r := range s.requests {
			if r != "" {
				kind <- r
			}
		}
	}()
	time.Sleep(time.Second)
	print(<-kind)
}

func (s *session) told() {
	kind := make(chan string, 1)
	go func() {
		for r := range s.requests {
			if r != "" {
				kind <- r
				return
			}
		}
		kind <- "none"
	}()
	print(<-kind)
}

func (s *session) closed() {
	kind := make(chan string, 1)
	go func() {
		defer close(kind)
		if r, ok := <-s.requests; ok {
			kind <- r
		}
	}()
	print(<-kind)
}

func (s *session) chosen(ctx context.Context) {
	kind := make(chan string, 1)
	go func() {
		if r, ok := <-s.requests; ok {
			kind <- r
		}
	}()
	select {
	case k := <-kind:
		print(k)
	case <-ctx.Done():
	}
}

// Both know of the same condition.
func (s *session) either(wait bool) {
	done := make(chan error)
	go func() {
		if wait {
			done <- errors.New("done")
		}
	}()
	if wait {
		print(<-done)
	}
}

// Others may send as well.
func (s *session) given() {
	done := make(chan string)
	go func() {
		if r, ok := <-s.requests; ok {
			done <- r
		}
	}()
	tell(done)
	print(<-done)
}

var tell = func(chan<- string) {}
