// SPDX-License-Identifier: Apache-2.0

package sibling

import "context"

type stream struct {
	control chan int
	data    chan int
	other   chan int
	closed  chan struct{}
	in      chan int
	fail    func() error
}

func newStream() *stream {
	s := &stream{control: make(chan int, 16), data: make(chan int, 16), other: make(chan int), closed: make(chan struct{}), in: make(chan int)}
	go func() {
		s.recv()
	}()
	go s.send()
	return s
}

func (s *stream) stop() { close(s.closed) }

func (s *stream) recv() {
	s.control <- 0
	for {
		switch v := <-s.in; v {
		case 1:
			select {
			case s.control <- v:
			case <-s.closed:
				return
			}
		case 2:
			s.control <- v // want `s.control may have no receiver any more, and this send does not look for the stop as that at line 34 does: then it waits for ever`
		case 3:
			select {
			case s.data <- v:
			case <-s.closed:
				return
			}
		case 4:
			s.data <- v // its receiver goes on until it is closed
		case 5:
			s.other <- v
		}
	}
}

func (s *stream) send() {
	go func() {
		for range s.data {
		}
	}()
	for {
		select {
		case _, ok := <-s.control:
			if !ok {
				return
			}
			if err := s.fail(); err != nil {
				return
			}
		case <-s.other:
		}
	}
}

func relay(ctx context.Context, in chan int) {
	out := make(chan int, 4)
	go func() {
		for v := range in {
			if v == 0 {
				select {
				case out <- v:
				case <-ctx.Done():
				}
				continue
			}
			out <- v // want `out may have no receiver any more, and this send does not look for the stop as that at line 79 does`
		}
	}()
	for {
		select {
		case v := <-out:
			in <- v
		case <-ctx.Done():
			return
		}
	}
}

func drained(ctx context.Context, in chan int) {
	out := make(chan int, 4)
	go func() {
		for v := range in {
			if v == 0 {
				select {
				case out <- v:
				case <-ctx.Done():
				}
				continue
			}
			out <- v
		}
	}()
	for {
		v, ok := <-out
		if !ok {
			return
		}
		in <- v
	}
}
