// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// httpPipes is an in-memory listener that works in a synctest bubble.
type httpPipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newHTTPPipes() *httpPipes {
	return &httpPipes{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (p *httpPipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *httpPipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *httpPipes) Addr() net.Addr { return (&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}) }

// dial fails if the listener is closed.
func (p *httpPipes) dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// httpRig is a started HTTP component whose Run is going.
type httpRig struct {
	*httpServer
	t      *testing.T
	pipes  *httpPipes
	runErr chan error
}

// newHTTPRig serves on an in-memory listener.
func newHTTPRig(t *testing.T, srv *http.Server) *httpRig {
	t.Helper()
	s, pipes := newHTTPServer(srv), newHTTPPipes()
	s.bind = func(context.Context) (*httpDoor, error) { return newHTTPDoor(pipes, false), nil }
	r := startHTTPRig(t, s)
	r.pipes = pipes
	return r
}

func startHTTPRig(t *testing.T, s *httpServer) *httpRig {
	t.Helper()
	if err := s.start(t.Context()); err != nil {
		t.Fatalf("Start: %v", err)
	}
	r := &httpRig{httpServer: s, t: t, runErr: make(chan error, 1)}
	go func() { r.runErr <- s.run(context.WithoutCancel(t.Context())) }()
	return r
}

// end stops the component and checks that Run returned nil.
func (r *httpRig) end() {
	r.t.Helper()
	if err := r.stop(r.t.Context()); err != nil {
		r.t.Errorf("Stop = %v, want nil", err)
	}
	if err := <-r.runErr; err != nil {
		r.t.Errorf("Run = %v, want nil", err)
	}
}

// httpClient is one connection on which one request is one attempt.
type httpClient struct {
	net.Conn
	in *bufio.Reader
}

func (r *httpRig) client() *httpClient {
	r.t.Helper()
	c, err := r.pipes.dial()
	if err != nil {
		r.t.Fatalf("dial: %v", err)
	}
	return &httpClient{c, bufio.NewReader(c)}
}

// get sends one request and reads the whole response.
func (c *httpClient) get(path string) (body string, told bool, err error) {
	if err := c.send(path); err != nil {
		return "", false, err
	}
	return c.receive()
}

func (c *httpClient) send(path string) error {
	_, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: test\r\n\r\n")
	return err
}

func (c *httpClient) receive() (body string, told bool, err error) {
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return "", false, err
	}
	b, err := io.ReadAll(resp.Body)
	return string(b), resp.Close, err
}

// mustGet is get for a request that must be answered with want.
func (r *httpRig) mustGet(c *httpClient, path, want string) (told bool) {
	r.t.Helper()
	body, told, err := c.get(path)
	if err != nil || body != want {
		r.t.Fatalf("GET %s = %q, %v; want %q", path, body, err, want)
	}
	return told
}

// wantEOF checks that the server closed c.
func (r *httpRig) wantEOF(c *httpClient) {
	r.t.Helper()
	if b, err := c.in.ReadByte(); err != io.EOF {
		r.t.Errorf("read = %q, %v; want EOF", b, err)
	}
}

func httpText(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
}
