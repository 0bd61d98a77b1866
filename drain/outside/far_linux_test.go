// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// farAway is the round trip between far clients and their server.
const farAway = 10 * time.Millisecond

// A way is a network between clients and a server in which everything takes time,
// and nothing overtakes anything: bytes, the end of one direction, a reset. It
// carries what is in connections; a connect is accepted at once, and reaches the
// server when its SYN would, and what is sent in it not before the answer to that
// would have come. A connect that the server refuses is repeated here, as the
// client would.
//
// It needs no privileges, and no netem, which many kernels lack.
type way struct {
	ctx    context.Context
	oneWay time.Duration
	server string
	tap    *tap // nil: nobody listens

	// For a tap on TLS, which ends here and begins anew; nil without.
	fromClient, toServer *tls.Config

	conns sync.WaitGroup
}

// far puts a way between the clients and the app, with a tap on HTTP/2. It ends
// with the test.
func far(t *testing.T, c config, s site) site {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &way{ctx: ctx, oneWay: s.rtt / 2, server: c.addr}
	if s.http2 {
		w.tap = new(tap)
	}
	if s.http2 && s.tls {
		w.fromClient, w.toServer = certified(c.tls), trusting(filepath.Join(c.tls, rootsFile))
		w.toServer.ServerName = "127.0.0.1"
		w.fromClient.NextProtos, w.toServer.NextProtos = []string{"h2"}, []string{"h2"}
	}
	w.conns.Go(func() { w.accept(ln) })
	t.Cleanup(func() {
		cancel()
		ln.Close()
		w.conns.Wait()
	})
	s.addr, s.tap = ln.Addr().String(), w.tap
	return s
}

func (w *way) accept(ln net.Listener) {
	for {
		client, err := ln.Accept()
		if err != nil {
			return // the test is over
		}
		w.conns.Go(func() { w.connect(end{client, client.(*net.TCPConn)}) })
	}
}

func (w *way) connect(client end) {
	defer client.tcp.Close()
	time.Sleep(w.oneWay)
	server, err := w.dial()
	if err != nil {
		client.reset()
		return
	}
	defer server.tcp.Close()
	unhook := context.AfterFunc(w.ctx, func() {
		client.tcp.Close()
		server.tcp.Close()
	})
	defer unhook()
	time.Sleep(w.oneWay)
	if w.toServer != nil {
		client.Conn, server.Conn = tls.Server(client.tcp, w.fromClient), tls.Client(server.tcp, w.toServer)
	}
	var both sync.WaitGroup
	tapped := w.tap.connection()
	both.Go(func() { w.carry(server, client, tapped.written, func([]byte) {}) })
	both.Go(func() { w.carry(client, server, func([]byte) {}, tapped.delivered) })
	both.Wait()
	tapped.ended()
}

func (w *way) dial() (end, error) {
	for {
		conn, err := new(net.Dialer).DialContext(w.ctx, "tcp", w.server)
		if err == nil {
			return end{conn, conn.(*net.TCPConn)}, nil
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return end{}, err
		}
		time.Sleep(farAway)
	}
}

// A parcel is what was read, and when it arrives.
type parcel struct {
	data []byte
	err  error // after data
	due  time.Time
}

// carry carries one direction to its end, and tells of what it takes and brings.
func (w *way) carry(to, from end, takes, brings func([]byte)) {
	line := make(chan parcel, 1024)
	go w.collect(line, from, takes)
	for p := range line {
		time.Sleep(time.Until(p.due))
		n, err := to.Write(p.data)
		brings(p.data[:n])
		switch {
		case err != nil: // the reset that to had sent is back a way later
			time.Sleep(w.oneWay)
			from.reset()
		case p.err == io.EOF:
			to.finish()
		case p.err != nil:
			to.reset()
		}
	}
}

func (w *way) collect(line chan<- parcel, from end, takes func([]byte)) {
	defer close(line)
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		takes(buf[:n])
		line <- parcel{bytes.Clone(buf[:n]), err, time.Now().Add(w.oneWay)}
		if err != nil {
			return
		}
	}
}

// An end is a connection at one end of the way, perhaps with TLS.
type end struct {
	net.Conn
	tcp *net.TCPConn
}

// finish closes one direction. An error says that it is closed.
func (e end) finish() {
	if c, ok := e.Conn.(*tls.Conn); ok {
		_ = c.CloseWrite()
	}
	_ = e.tcp.CloseWrite()
}

// reset closes the connection with a RST.
func (e end) reset() {
	_ = e.tcp.SetLinger(0) // an error: it is closed
	e.tcp.Close()
}
