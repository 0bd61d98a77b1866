// SPDX-License-Identifier: Apache-2.0

// Package ended closes its listeners in ways that are not easy to see, and gives its
// connections a time limit.
package ended

import (
	"context"
	"io"
	"net"
	"time"
)

type server struct {
	l       net.Listener
	closers []io.Closer
	seen    int
}

func (s *server) Start(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	s.l = l
	s.later(l)
	go s.accept()
	return nil
}

func (s *server) later(c io.Closer) { s.closers = append(s.closers, c) }

func (s *server) accept() {
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		go s.read(context.Background(), c)
	}
}

func (s *server) read(ctx context.Context, c net.Conn) {
	buf := make([]byte, 512)
	for ctx.Err() == nil {
		s.seen++
	}
	for {
		c.SetReadDeadline(time.Now().Add(time.Second))
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		s.seen += n
	}
}

func (s *server) Stop() {
	for _, c := range s.closers {
		c.Close()
	}
}
