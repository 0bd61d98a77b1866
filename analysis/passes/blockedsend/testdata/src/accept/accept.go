// SPDX-License-Identifier: Apache-2.0

package accept

import (
	"errors"
	"net"
	"sync"
)

// A mux hands connections over to listeners, and waits for that when it stops.
type mux struct {
	ln  net.Listener
	sub *listener
	wg  sync.WaitGroup
}

type listener struct{ c chan net.Conn }

func newMux(ln net.Listener) *mux { return &mux{ln: ln, sub: &listener{c: make(chan net.Conn)}} }

func (m *mux) serve() error {
	for {
		conn, err := m.ln.Accept()
		if err != nil {
			m.wg.Wait()
			close(m.sub.c)
			return err
		}
		m.wg.Add(1)
		go m.handle(conn)
	}
}

func (m *mux) handle(conn net.Conn) {
	defer m.wg.Done()
	m.sub.c <- conn // want `m\.sub\.c has no buffer, and only Accept receives from it`
}

func (l *listener) Accept() (net.Conn, error) {
	conn, ok := <-l.c
	if !ok {
		return nil, errors.New("closed")
	}
	return conn, nil
}

func (l *listener) Close() error   { return nil }
func (l *listener) Addr() net.Addr { return nil }

// One whose worker the goroutine that is waited for calls.
type split struct {
	ln net.Listener
	c  chan net.Conn
	wg sync.WaitGroup
}

func newSplit(ln net.Listener) *split {
	s := &split{ln: ln, c: make(chan net.Conn)}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.worker()
	}()
	return s
}

func (s *split) worker() {
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			return
		}
		s.c <- conn // want `s\.c has no buffer, and only Accept receives from it`
	}
}

func (s *split) Accept() (net.Conn, error) { return <-s.c, nil }

func (s *split) Close() error {
	err := s.ln.Close()
	s.wg.Wait()
	return err
}

// One that looks for the end.
type ended struct {
	ln   net.Listener
	c    chan net.Conn
	done chan struct{}
	wg   sync.WaitGroup
}

func newEnded(ln net.Listener) *ended {
	e := &ended{ln: ln, c: make(chan net.Conn), done: make(chan struct{})}
	e.wg.Add(1)
	go e.worker()
	return e
}

func (e *ended) worker() {
	defer e.wg.Done()
	for {
		conn, err := e.ln.Accept()
		if err != nil {
			return
		}
		select {
		case e.c <- conn:
		case <-e.done:
			return
		}
	}
}

func (e *ended) Accept() (net.Conn, error) {
	select {
	case conn := <-e.c:
		return conn, nil
	case <-e.done:
		return nil, errors.New("closed")
	}
}

// One for whose goroutine nobody waits: it is there as long as the process.
type loose struct {
	ln net.Listener
	c  chan net.Conn
}

func newLoose(ln net.Listener) *loose {
	l := &loose{ln: ln, c: make(chan net.Conn)}
	go func() {
		for {
			conn, err := l.ln.Accept()
			if err != nil {
				return
			}
			l.c <- conn
		}
	}()
	return l
}

func (l *loose) Accept() (net.Conn, error) { return <-l.c, nil }

// One whose Close takes what is left.
type drained struct {
	ln net.Listener
	c  chan net.Conn
	wg sync.WaitGroup
}

func newDrained(ln net.Listener) *drained {
	d := &drained{ln: ln, c: make(chan net.Conn)}
	d.wg.Add(1)
	go func() {
		defer d.wg.Done()
		defer close(d.c)
		for {
			conn, err := d.ln.Accept()
			if err != nil {
				return
			}
			d.c <- conn
		}
	}()
	return d
}

func (d *drained) Accept() (net.Conn, error) { return <-d.c, nil }

func (d *drained) Close() error {
	err := d.ln.Close()
	for conn := range d.c {
		conn.Close()
	}
	d.wg.Wait()
	return err
}
