// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
)

// pipes is an in-memory listener that works in a synctest bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return (&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}) }

// dial fails if the listener is closed.
func (p *pipes) dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// rig is a server that listens and serves.
type rig struct {
	*Server
	t      *testing.T
	pipes  *pipes
	runErr chan error
}

// newRig serves on an in-memory listener.
func newRig(t *testing.T, srv *http.Server, options ...Option) *rig {
	t.Helper()
	p := newPipes()
	r := startRig(t, NewServer(srv, append(options, WithListener(p))...))
	r.pipes = p
	return r
}

func startRig(t *testing.T, s *Server) *rig {
	t.Helper()
	if err := s.Listen(t.Context()); err != nil {
		t.Fatalf("Listen: %v", err)
	}
	r := &rig{Server: s, t: t, runErr: make(chan error, 1)}
	go func() { r.runErr <- s.Serve(context.WithoutCancel(t.Context())) }()
	return r
}

// end closes the server and checks that Serve returned nil.
func (r *rig) end() {
	r.t.Helper()
	r.Force()
	if err := <-r.runErr; err != nil {
		r.t.Errorf("Serve = %v, want nil", err)
	}
}

// client is one connection on which one request is one attempt.
type client struct {
	net.Conn
	in *bufio.Reader
}

func (r *rig) dial() *client {
	r.t.Helper()
	c, err := r.pipes.dial()
	if err != nil {
		r.t.Fatalf("dial: %v", err)
	}
	return newClient(c)
}

func newClient(c net.Conn) *client { return &client{c, bufio.NewReader(c)} }

// stream begins n requests whose responses nobody looks at.
func (r *rig) stream(n int) {
	r.t.Helper()
	for range n {
		c := r.dial()
		if err := c.send("/"); err != nil {
			r.t.Fatal(err)
		}
		go io.Copy(io.Discard, c)
	}
	synctest.Wait()
}

// get sends one request and reads the whole response.
func (c *client) get(path string) (body string, told bool, err error) {
	if err := c.send(path); err != nil {
		return "", false, err
	}
	return c.receive()
}

func (c *client) send(path string) error {
	_, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: test\r\n\r\n")
	return err
}

func (c *client) receive() (body string, told bool, err error) {
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return "", false, err
	}
	b, err := io.ReadAll(resp.Body)
	return string(b), resp.Close, err
}

// mustGet is get for a request that must be answered with want.
func (r *rig) mustGet(c *client, path, want string) (told bool) {
	r.t.Helper()
	body, told, err := c.get(path)
	if err != nil || body != want {
		r.t.Fatalf("GET %s = %q, %v; want %q", path, body, err, want)
	}
	return told
}

// wantEOF checks that the server closed c.
func (r *rig) wantEOF(c *client) {
	r.t.Helper()
	if b, err := c.in.ReadByte(); err != io.EOF {
		r.t.Errorf("read = %q, %v; want EOF", b, err)
	}
}

func text(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
}

// socketPair returns both ends of a connection.
func socketPair(t *testing.T, network, addr string) (client, server net.Conn) {
	t.Helper()
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err = net.Dial(network, ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}
