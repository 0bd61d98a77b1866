// SPDX-License-Identifier: Apache-2.0

package others

import "context"

type result struct{ name string }

// Walk sends from two functions, of which one looks for the end.
func Walk(ctx context.Context, names []string) <-chan result {
	in, out := make(chan string), make(chan result)
	go scan(ctx, names, in, out)
	go func() {
		for name := range in {
			out <- result{name} // want `out has no buffer, and this send does not look for the stop as that at line \d+ does`
		}
		close(out)
	}()
	return out
}

func scan(ctx context.Context, names []string, in chan<- string, out chan<- result) {
	defer close(in)
	for _, name := range names {
		if name == "" {
			fail(ctx, out)
			continue
		}
		select {
		case in <- name:
		case <-ctx.Done():
			return
		}
	}
}

func fail(ctx context.Context, out chan<- result) {
	select {
	case out <- result{}:
	case <-ctx.Done():
	}
}

// Here all is received, whatever happens.
func all(ctx context.Context, names []string) (n int) {
	out := make(chan result)
	go func() {
		for _, name := range names {
			out <- result{name}
		}
		close(out)
	}()
	go tell(ctx, out)
	for range out {
		n++
	}
	return n
}

func tell(ctx context.Context, out chan<- result) {
	select {
	case out <- result{}:
	case <-ctx.Done():
	}
}

// Two that do not look are more than the one that does: it may be the one that need not.
func most(ctx context.Context, names []string) <-chan result {
	out := make(chan result)
	for range 2 {
		go func() {
			for _, name := range names {
				out <- result{name}
			}
		}()
	}
	go func() {
		for _, name := range names {
			out <- result{name}
		}
	}()
	go say(ctx, out)
	return out
}

func say(ctx context.Context, out chan<- result) {
	select {
	case out <- result{}:
	case <-ctx.Done():
	}
}

// A server that is told of changes by whoever has it.
type server struct {
	changes chan string
	name    string
	running bool
}

func newServer() *server { return &server{changes: make(chan string)} }

func (s *server) Serve(ctx context.Context) error {
	for {
		select {
		case s.name = <-s.changes:
		case <-ctx.Done():
			return nil
		}
	}
}

// Commit asks only what it is called with.
func (s *server) Commit(from, to string) {
	if from != to {
		s.changes <- to // want `s\.changes has no buffer, and its receiver leaves at line \d+`
	}
}

// A server that says whether it runs.
type asked struct {
	changes chan string
	name    string
	running bool
}

func newAsked() *asked { return &asked{changes: make(chan string)} }

func (s *asked) Serve(ctx context.Context) error {
	for {
		select {
		case s.name = <-s.changes:
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *asked) Commit(from, to string) {
	if from == to || !s.running {
		return
	}
	s.changes <- to
}
