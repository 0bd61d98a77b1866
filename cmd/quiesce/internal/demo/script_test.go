// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
)

// A script is what a server does with one connection.
type script func(t *testing.T, c *net.TCPConn)

// serve plays the script to one connection and returns the address.
func serve(t *testing.T, play script) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := ln.Accept()
		if err != nil {
			return // the test never came
		}
		defer c.Close()
		play(t, c.(*net.TCPConn))
	}()
	t.Cleanup(func() {
		ln.Close()
		<-done
	})
	return ln.Addr().String()
}

// connect serves the script and connects to it.
func connect(t *testing.T, play script) *wire {
	t.Helper()
	w, err := dial(serve(t, play))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	return w
}

// readAll reads one request whole.
func readAll(t *testing.T, c net.Conn) (*http.Request, string) {
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		t.Errorf("server: %v", err)
		return nil, ""
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Errorf("server: body: %v", err)
	}
	return req, string(body)
}

// says is a server that reads a request, writes text and closes.
func says(text string) script {
	return func(t *testing.T, c *net.TCPConn) {
		readAll(t, c)
		io.WriteString(c, text)
	}
}

// reset makes the close of c a reset.
func reset(c *net.TCPConn) { c.SetLinger(0) }
