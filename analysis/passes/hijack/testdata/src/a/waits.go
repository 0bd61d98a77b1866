// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

func (s *server) withPings(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgrader.Upgrade(w, r, nil) // want `nobody tracks the connection`
	if err != nil {
		return
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	t := time.NewTicker(time.Second)
	go func() {
		defer cancel()
		for echo(conn) == nil {
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			conn.WriteMessage(0, nil)
		}
	}
}

func (s *server) withDone(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgrader.Upgrade(w, r, nil) // want `nobody tracks the connection`
	if err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for echo(conn) == nil {
		}
	}()
	pump(context.Background(), conn, done)
}

func pump(ctx context.Context, conn *websocket.Conn, done chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-done:
			return
		case <-time.After(time.Second):
			conn.WriteMessage(0, nil)
		}
	}
}

// From here on nothing is wrong.

func (s *server) pumpTold(ctx context.Context, conn *websocket.Conn) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
			conn.WriteMessage(0, nil)
		}
	}
}

func (s *server) withContext(ctx context.Context) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := s.upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		s.pumpTold(ctx, conn)
	}
}

func (s *server) withCloser(w http.ResponseWriter, r *http.Request, add func(func())) {
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	add(func() { conn.Close() })
	for echo(conn) == nil {
	}
}

func (s *server) withSignal(w http.ResponseWriter, r *http.Request, add func(chan struct{})) {
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	end := make(chan struct{})
	add(end)
	for {
		select {
		case <-end:
			return
		default:
			echo(conn)
		}
	}
}

type session struct {
	s    *server
	conn *websocket.Conn
	in   chan []byte
}

func (c *session) run() {
	for echo(c.conn) == nil {
	}
}

func (c *session) read() {
	for p := range c.in {
		c.conn.WriteMessage(0, p)
	}
}

func (c *session) keep() {
	c.s.conns[c.conn] = true
	c.run()
}

func (c *session) register(all map[*session]bool) {
	all[c] = true
	c.run()
}

func (s *server) withKeptSession(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &session{s: s, conn: conn}
	go c.keep()
}

func (s *server) withRegisteredSession(w http.ResponseWriter, r *http.Request, all map[*session]bool) {
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &session{conn: conn}
	c.register(all)
	go c.run()
}

func (s *server) withReadSession(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &session{conn: conn}
	go c.read()
}

// This is wrong again.
func (s *server) withSession(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgrader.Upgrade(w, r, nil) // want `nobody tracks the connection`
	if err != nil {
		return
	}
	c := &session{conn: conn}
	go c.run()
}
