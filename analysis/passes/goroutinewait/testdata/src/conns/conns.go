// SPDX-License-Identifier: Apache-2.0

// Package conns has servers that start a goroutine for each connection.
package conns

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/rpc"
	"sync"
)

func work([]byte) {}

// alone closes its listener, and waits for the loop that accepts.
type alone struct {
	ln net.Listener
	wg sync.WaitGroup
}

func startAlone(ln net.Listener, insert func(io.Reader) error) *alone {
	a := &alone{ln: ln}
	a.wg.Add(1)
	go func() {
		defer a.wg.Done()
		serve(ln, func(r io.Reader) error { return insert(r) })
	}()
	return a
}

func serve(ln net.Listener, insertHandler func(io.Reader) error) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() { // want `MustStop closes the listener, and neither closes the connections nor waits for them`
			_ = insertHandler(c)
			_ = c.Close()
		}()
	}
}

func (a *alone) MustStop() {
	if err := a.ln.Close(); err != nil {
		panic(err)
	}
	a.wg.Wait()
}

// lines reads on in a method, behind TLS.
type lines struct {
	listeners []net.Listener
	config    *tls.Config
	out       chan []byte
}

func (l *lines) listen(addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	l.listeners = append(l.listeners, ln)
	go l.accept(tls.NewListener(ln, l.config))
	secure := tls.NewListener(ln, l.config)
	go l.accept(secure)
	return nil
}

func (l *lines) accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		r := bufio.NewReader(conn)
		go l.read(r, conn) // want `Shutdown closes the listener, and neither closes the connections nor waits for them`
	}
}

func (l *lines) read(r *bufio.Reader, conn net.Conn) {
	defer conn.Close()
	for {
		b, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		l.out <- b
	}
}

func (l *lines) Shutdown() {
	for _, ln := range l.listeners {
		ln.Close()
	}
}

// calls serves remote calls on a listener of the package.
var listener *net.TCPListener

func calls() {
	for {
		conn, err := listener.AcceptTCP()
		if err != nil {
			return
		}
		go rpc.ServeConn(conn) // want `StopCalls closes the listener, and neither closes the connections nor waits for them`
	}
}

func StopCalls() { listener.Close() }

// counted has its handlers in its group.
type counted struct {
	ln net.Listener
	wg sync.WaitGroup
}

func (c *counted) accept() {
	for {
		conn, err := c.ln.Accept()
		if err != nil {
			return
		}
		c.wg.Add(1)
		go c.serve(conn)
	}
}

func (c *counted) serve(conn net.Conn) {
	defer c.wg.Done()
	for s := bufio.NewScanner(conn); s.Scan(); {
		work(s.Bytes())
	}
}

func (c *counted) Close() {
	c.ln.Close()
	c.wg.Wait()
}

// kept has a set of its connections, which Close goes over.
type kept struct {
	mu    sync.Mutex
	ln    net.Listener
	conns map[net.Conn]struct{}
}

func (k *kept) accept() {
	for {
		conn, err := k.ln.Accept()
		if err != nil {
			return
		}
		k.add(conn)
		go serveLines(conn)
	}
}

func (k *kept) add(conn net.Conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conns[conn] = struct{}{}
}

func (k *kept) Close() {
	k.ln.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	for conn := range k.conns {
		conn.Close()
	}
}

func serveLines(conn net.Conn) {
	defer conn.Close()
	s := bufio.NewScanner(conn)
	for s.Scan() {
		work(s.Bytes())
	}
}

// client has a connection, and is what the server keeps.
type client struct{ conn net.Conn }

func (c *client) run() { serveLines(c.conn) }

type clients struct {
	ln  net.Listener
	all sync.Map
}

func (c *clients) accept() {
	for {
		conn, err := c.ln.Accept()
		if err != nil {
			return
		}
		cl := &client{conn}
		c.all.Store(conn.RemoteAddr(), cl)
		go cl.run()
	}
}

func (c *clients) Close() { c.ln.Close() }
