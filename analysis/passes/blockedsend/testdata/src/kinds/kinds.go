// SPDX-License-Identifier: Apache-2.0

package kinds

import "context"

type conn struct{ name string }

type source interface {
	serve(ctx context.Context) error
}

// factories hide which channel a source gets.
var factories = map[string]func(chan conn) source{"tcp": newTCP}

type service struct {
	conns chan conn
	names []string
}

func newService(s *supervisor) *service {
	svc := &service{conns: make(chan conn)}
	s.add(svc.handle)
	s.add(svc.connect)
	s.add(factories["tcp"](svc.conns).serve)
	return svc
}

func (s *service) handle(ctx context.Context) error {
	for {
		var c conn
		select {
		case c = <-s.conns:
		case <-ctx.Done():
			return nil
		}
		s.names = append(s.names, c.name)
	}
}

func (s *service) connect(ctx context.Context) error {
	for {
		c, err := dial(ctx)
		if err != nil {
			return err
		}
		s.conns <- c // want `s.conns has no buffer, and all that receive such values leave, as at line \d+`
	}
}

// dial has channels of the same type that only it has.
func dial(ctx context.Context) (conn, error) {
	found := make(chan conn, 2)
	for range 2 {
		go func() { found <- conn{} }()
	}
	select {
	case c := <-found:
		return c, nil
	case <-ctx.Done():
		return conn{}, ctx.Err()
	}
}

type tcp struct{ conns chan conn }

func newTCP(conns chan conn) source { return &tcp{conns: conns} }

func (t *tcp) serve(ctx context.Context) error {
	for ctx.Err() == nil {
		t.conns <- conn{"tcp"} // want `t.conns has no buffer, and all that receive such values leave, as at line \d+`
	}
	return nil
}

type supervisor struct{ all []func(context.Context) error }

func (s *supervisor) add(f func(context.Context) error) { s.all = append(s.all, f) }

type order struct{ id int }

// writer is told of orders by streams, through what a function returns.
type writer struct {
	orders <-chan order
	abort  chan struct{}
}

func (w *writer) run() {
	for {
		select {
		case o := <-w.orders:
			println(o.id)
		case <-w.abort:
			return
		}
	}
}

func (w *writer) stop() { close(w.abort) }

type stream struct{ out chan order }

func (s *stream) write(id int) {
	place(s, id)
}

func place(s *stream, id int) {
	if id == 0 {
		return
	}
	s.out <- order{id} // want `s.out has no buffer, and all that receive such values leave, as at line \d+`
}

func newStream() (*stream, chan order) {
	out := make(chan order)
	return &stream{out: out}, out
}

func newWriter() (*writer, *stream) {
	s, orders := newStream()
	w := &writer{abort: make(chan struct{})}
	w.orders = orders
	go w.run()
	return w, s
}

// puller breaks off its loop when the context of a call ends.
func puller(ctx context.Context, blocks []int) {
	in := make(chan int)
	go func() {
		pull(ctx, in)
	}()
	done := make(chan struct{})
	go func() {
		defer close(done)
		copier(blocks, in)
	}()
	<-done
	close(in)
}

func copier(blocks []int, out chan<- int) {
	for _, b := range blocks {
		out <- b // want `out is received by pull, at line \d+, which leaves at an error`
	}
}

func pull(ctx context.Context, in <-chan int) {
	for b := range in {
		if err := take(ctx, b); err != nil {
			break
		}
	}
}

func take(ctx context.Context, _ int) error { return ctx.Err() }
