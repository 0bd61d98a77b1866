// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"errors"
	"lib"
	"net"
)

type ready struct{ done chan struct{} }

func newReady() *ready {
	r := &ready{done: make(chan struct{})}
	go r.run() // want `the goroutine that newReady starts cannot be stopped any more when handshake returns the error at line \d+: nothing calls close before`
	return r
}

func (r *ready) run() {
	for {
		select {
		case <-r.done:
			return
		default:
		}
	}
}

func (r *ready) close() { close(r.done) }

type session struct {
	conn net.Conn
	r    *ready
}

func handshake(conn net.Conn) (*session, error) {
	s := &session{conn: conn, r: newReady()}
	if err := s.hello(); err != nil {
		return nil, err
	}
	go s.loop()
	return s, nil
}

func (s *session) hello() error { return errors.New("no hello") }

func (s *session) loop() { defer s.r.close() }

func accept(conn net.Conn) (*lib.Cache, error) {
	c := lib.NewCache() // want `when accept returns the error at line \d+: nothing calls Close before`
	if _, err := conn.Write([]byte("hi")); err != nil {
		return nil, err
	}
	return c, nil
}

// What follows is innocent.

func closes(conn net.Conn) (*lib.Cache, error) {
	c := lib.NewCache()
	if _, err := conn.Write([]byte("hi")); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func own(conn net.Conn) (*lib.Worker, error) {
	w, err := lib.NewWorker()
	if err != nil {
		return nil, err
	}
	w.Do(1)
	return w, nil
}

func open(path string) (*lib.Cache, error) {
	c := lib.NewCache()
	if path == "" {
		return nil, errors.New("no path")
	}
	return c, nil
}

func guards(conn net.Conn) (_ *lib.Cache, err error) {
	c := lib.NewCache()
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	if _, err := conn.Write([]byte("hi")); err != nil {
		return nil, err
	}
	return c, nil
}
