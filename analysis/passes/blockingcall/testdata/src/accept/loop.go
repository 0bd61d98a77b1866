// SPDX-License-Identifier: Apache-2.0

package accept

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"time"
)

const limit = 10 * time.Second

type mux struct {
	net.Listener
	config *tls.Config
	conns  chan net.Conn
}

type peeked struct {
	net.Conn
	first byte
}

// One client that sends nothing, and nobody else gets in.
func (m *mux) firstByte() {
	var first [1]byte
	for {
		conn, err := m.Accept()
		if err != nil {
			return
		}
		if _, err := io.ReadFull(conn, first[:]); err != nil { // want `io.ReadFull has no deadline in the accept loop: one client that sends nothing holds all others; set one before, or start a goroutine`
			conn.Close()
			continue
		}
		m.conns <- &peeked{conn, first[0]}
	}
}

func (m *mux) withDeadline() {
	var first [1]byte
	for {
		conn, err := m.Accept()
		if err != nil {
			return
		}
		conn.SetReadDeadline(time.Now().Add(limit))
		if _, err := io.ReadFull(conn, first[:]); err != nil {
			conn.Close()
			continue
		}
		conn.SetReadDeadline(time.Time{})
		m.conns <- &peeked{conn, first[0]}
	}
}

// The deadline is that of the listener: the client has none.
func (m *mux) deadlineOfListener(ln *net.TCPListener) {
	for {
		ln.SetDeadline(time.Now().Add(limit))
		conn, err := ln.AcceptTCP()
		if err != nil {
			continue
		}
		conn.SetReadDeadline(time.Time{})
		conn.SetWriteDeadline(time.Now().Add(limit))
		line, _ := bufio.NewReader(conn).ReadString('\n') // want `ReadString has no deadline in the accept loop`
		print(line)
	}
}

func (m *mux) inGoroutine() {
	for {
		conn, err := m.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			io.Copy(conn, conn) // for as long as the client likes
		}()
	}
}

// What a helper does, and what it makes of the connection.
func (m *mux) helpers() {
	for {
		conn, err := m.next()
		if err != nil {
			return
		}
		p, err := m.peek(conn)
		if err != nil {
			conn.Close()
			continue
		}
		s := m.session(p)
		s.greet()
		go s.serve()
	}
}

func (m *mux) next() (net.Conn, error) { return m.Listener.Accept() }

func (m *mux) peek(conn net.Conn) (*peeked, error) {
	p := &peeked{conn, 0}
	buf := make([]byte, 1)
	_, err := p.Read(buf) // want `p.Read has no deadline in the accept loop`
	p.first = buf[0]
	return p, err
}

type session struct {
	conn net.Conn
	in   *bufio.Scanner
}

func (m *mux) session(p *peeked) *session { return &session{conn: p, in: bufio.NewScanner(p)} }

func (s *session) greet() {
	s.conn.Write([]byte("hello\n"))
	s.in.Scan() // want `s.in.Scan has no deadline in the accept loop`
}

func (s *session) serve() {
	for s.in.Scan() {
		s.conn.Write(s.in.Bytes())
	}
}

func (m *mux) helperLimits() {
	for {
		conn, err := m.Accept()
		if err != nil {
			return
		}
		prepare(conn)
		bufio.NewReader(conn).ReadByte()
	}
}

func prepare(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetKeepAlive(true)
	}
	conn.SetDeadline(time.Now().Add(limit))
}

// What others make of it may have a limit.
func (m *mux) unknown(wrap func(net.Conn) net.Conn) {
	for {
		conn, err := m.Accept()
		if err != nil {
			return
		}
		conn = wrap(conn)
		conn.Read(nil)
	}
}

type idleConn struct {
	net.Conn
}

func (m *mux) wrapped() {
	for {
		conn, err := m.Accept()
		if err != nil {
			return
		}
		c := &idleConn{Conn: conn}
		c.Read(nil)
	}
}

// A timer closes it.
func (m *mux) timer() {
	for {
		conn, err := m.Accept()
		if err != nil {
			return
		}
		t := time.AfterFunc(limit, func() { conn.Close() })
		conn.Read(nil)
		t.Stop()
	}
}

// One client is all there is.
func (m *mux) one() {
	for {
		conn, err := m.Accept()
		if err != nil {
			continue
		}
		io.Copy(io.Discard, conn)
		return
	}
}

func (m *mux) alone() {
	conn, err := m.Accept()
	if err != nil {
		return
	}
	io.Copy(io.Discard, conn)
}
