// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

const whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

// readRequest reads one request with its body.
func readRequest(c net.Conn) {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err == nil {
		io.Copy(io.Discard, r.Body)
	}
}

// What a server writes after it has read the request, before it closes the
// connection.
func TestHTTP1Outcomes(t *testing.T) {
	tests := []struct {
		name   string
		answer string
		reset  bool
		want   Outcome
	}{
		{"whole", whole, false, OK},
		{"no body", "HTTP/1.1 204 No Content\r\n\r\n", false, OK},
		{"until the end", "HTTP/1.1 200 OK\r\n\r\nhello", false, OK},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false, OK},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n", false, OK},
		{"informed first", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + whole, false, OK},
		{"not found", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false, HTTPError},
		{"unavailable", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", false, HTTPError},
		{"come back", "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", false, HTTPRefused},
		{"closed", "", false, NoResponse},
		{"reset", "", true, ResetAfterWrite},
		{"one byte", "H", false, Truncated},
		{"half a status", "HTTP/1.1 20", false, Truncated},
		{"half a header", "HTTP/1.1 200 OK\r\nContent-Le", false, Truncated},
		{"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", false, Truncated},
		{"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", false, Truncated},
		{"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false, Truncated},
		{"informed only", "HTTP/1.1 103 Early Hints\r\n\r\n", false, Truncated},
		{"no HTTP", "SSH-2.0-x\r\n", false, Truncated},
		{"bad length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", false, Truncated},
	}
	for _, tt := range tests {
		for _, rtt := range rtts {
			t.Run(tt.name+"/"+rtt.String(), func(t *testing.T) {
				s := serve(t, func(_ int, c *net.TCPConn) {
					readRequest(c)
					io.WriteString(c, tt.answer)
					if tt.reset {
						reset(c)
					}
				})
				w := newTestWire(t, s.Addr().String(), rtt, time.Minute)
				c := KeepAlive(Request{Body: "order"}).Client(w)
				defer c.Close()
				if got := do(t, c); got != tt.want {
					t.Errorf("outcome = %v, want %v", got, tt.want)
				}
			})
		}
	}
}

func TestHTTP1Timeout(t *testing.T) {
	for _, answer := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"} {
		hold := make(chan struct{})
		s := serve(t, func(_ int, c *net.TCPConn) {
			readRequest(c)
			io.WriteString(c, answer)
			<-hold
		})
		c := KeepAlive(Request{}).Client(newTestWire(t, s.Addr().String(), 0, 50*time.Millisecond))
		if got := do(t, c); got != Timeout {
			t.Errorf("after %q: outcome = %v, want timeout", answer, got)
		}
		c.Close()
		close(hold)
	}
}

func TestHTTP1Refused(t *testing.T) {
	s := serve(t, func(int, *net.TCPConn) {})
	s.Close()
	for _, rtt := range rtts {
		w := newTestWire(t, s.Addr().String(), rtt, time.Minute)
		if got := do(t, KeepAlive(Request{}).Client(w)); got != Refused {
			t.Errorf("outcome = %v, want refused", got)
		}
	}
}

// answerThenEnd answers one request on the first connection and closes it,
// without having said so; later connections stay.
func answerThenEnd(t *testing.T, byReset bool) *script {
	return serve(t, func(n int, c *net.TCPConn) {
		in := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			io.WriteString(c, whole)
			if n == 1 {
				if byReset {
					in.ReadByte() // until the client has read all: a reset throws away the rest
					reset(c)
				}
				return
			}
		}
	})
}

// A client that looks does not lose a request on a connection that was closed
// while it was idle; one that does not look does.
func TestHTTP1ClosedWhileIdle(t *testing.T) {
	tests := []struct {
		kind        func(Request) Kind
		want        Class
		foundClosed int64
	}{
		{KeepAlive, Expected, 1},
		{Naive, Lost, 0},
	}
	for _, tt := range tests {
		for _, rtt := range rtts {
			s := answerThenEnd(t, false)
			w := newTestWire(t, s.Addr().String(), rtt, time.Minute)
			c := tt.kind(Request{}).Client(w)
			if got := do(t, c); got != OK {
				t.Fatalf("first outcome = %v, want ok", got)
			}
			eventually(t, "the close is seen", c.(*client1).raw.look)
			if got := do(t, c); got.Class() != tt.want {
				t.Errorf("look %v, RTT %v: second outcome = %v, want one that is %v", tt.foundClosed > 0, rtt, got, tt.want)
			}
			if got := do(t, c); got != OK {
				t.Errorf("third outcome = %v, want ok", got)
			}
			if got := w.count.foundClosed.Load(); got != tt.foundClosed {
				t.Errorf("%d found closed, want %d", got, tt.foundClosed)
			}
			if got := w.count.reconnects.Load(); got != 1 {
				t.Errorf("%d reconnects, want 1", got)
			}
			c.Close()
		}
	}
}

// A reset that the client's kernel has seen fails the write: nothing was sent.
func TestHTTP1ResetBeforeWrite(t *testing.T) {
	for _, rtt := range rtts {
		s := answerThenEnd(t, true)
		w := newTestWire(t, s.Addr().String(), rtt, time.Minute)
		c := Naive(Request{}).Client(w).(*client1)
		if got := do(t, c); got != OK {
			t.Fatalf("first outcome = %v, want ok", got)
		}
		io.WriteString(c.conn, "x") // it may reset now
		eventually(t, "the reset is seen", c.raw.look)
		if got := do(t, c); got != ResetBeforeWrite {
			t.Errorf("RTT %v: second outcome = %v, want reset_before_write", rtt, got)
		}
		c.Close()
	}
}

func TestHTTP1ToldToLeave(t *testing.T) {
	s := serve(t, func(_ int, c *net.TCPConn) {
		readRequest(c)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 0\r\n\r\n")
		io.Copy(io.Discard, c) // the client leaves
	})
	w := newTestWire(t, s.Addr().String(), 0, time.Minute)
	c := KeepAlive(Request{}).Client(w)
	defer c.Close()
	for range 3 {
		if got := do(t, c); got != OK {
			t.Errorf("outcome = %v, want ok", got)
		}
	}
	if told, re := w.count.told.Load(), w.count.reconnects.Load(); told != 3 || re != 2 {
		t.Errorf("told %d times, %d reconnects; want 3 and 2", told, re)
	}
}

// New connections are no reconnects.
func TestHTTP1NewConnections(t *testing.T) {
	s := serve(t, func(_ int, c *net.TCPConn) {
		readRequest(c)
		io.WriteString(c, whole)
		io.Copy(io.Discard, c)
	})
	w := newTestWire(t, s.Addr().String(), 0, time.Minute)
	c := NewConnection(Request{}).Client(w)
	for range 3 {
		if got := do(t, c); got != OK {
			t.Errorf("outcome = %v, want ok", got)
		}
	}
	if dials, re := w.dials.Load(), w.count.reconnects.Load(); dials != 3 || re != 0 {
		t.Errorf("%d dials, %d reconnects; want 3 and 0", dials, re)
	}
}

func TestHTTP1HandshakeFails(t *testing.T) {
	s := serve(t, func(_ int, c *net.TCPConn) { c.Read(make([]byte, 1)) })
	w := newTestWire(t, s.Addr().String(), 0, time.Minute)
	if got := do(t, KeepAlive(Request{TLS: &tls.Config{InsecureSkipVerify: true}}).Client(w)); got != TLSFailed {
		t.Errorf("outcome = %v, want tls", got)
	}
}
