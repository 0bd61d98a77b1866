// SPDX-License-Identifier: Apache-2.0

package a

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

type server struct {
	http     *http.Server
	upgrader websocket.Upgrader
	mu       sync.Mutex
	conns    map[*websocket.Conn]bool
	quit     chan bool
}

func (s *server) stop(ctx context.Context) error { return s.http.Shutdown(ctx) }

func (s *server) live(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgrader.Upgrade(w, r, nil) // want `nobody tracks the connection of s.upgrader.Upgrade: Shutdown neither closes it nor waits for it`
	if err != nil {
		return
	}
	defer conn.Close()
	for echo(conn) == nil {
	}
}

func echo(conn *websocket.Conn) error {
	kind, p, err := conn.ReadMessage()
	if err != nil {
		return err
	}
	return conn.WriteMessage(kind, p)
}

func (s *server) tunnel(w http.ResponseWriter, r *http.Request, to net.Conn) {
	conn, _, err := w.(http.Hijacker).Hijack() // want `nobody tracks the connection of w.\(http.Hijacker\).Hijack`
	if err != nil {
		return
	}
	go io.Copy(to, conn)
	io.Copy(conn, to)
	conn.Close()
}

// From here on nothing is wrong.

func (s *server) tracked(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.conns[conn] = true
	s.mu.Unlock()
	s.add(conn)
	for echo(conn) == nil {
	}
}

func (s *server) inMap(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	s.conns[conn] = true
	for echo(conn) == nil {
	}
}

func (s *server) add(conn *websocket.Conn) {
	all := []*websocket.Conn{conn}
	s.conns[all[0]] = true
}

func (s *server) told(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	go func() {
		<-s.quit
		conn.Close()
	}()
	for echo(conn) == nil {
	}
}

type client struct{ conn *websocket.Conn }

func (s *server) kept(w http.ResponseWriter, r *http.Request) *client {
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil
	}
	return &client{conn: conn}
}

// A writer that passes it on.
type writer struct{ http.ResponseWriter }

func (w writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

func abort(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func (s *server) off(w http.ResponseWriter, r *http.Request) {
	//quiesce:ignore hijack for a minute at most
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		io.Copy(io.Discard, conn)
	}
}
