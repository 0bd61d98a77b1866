// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
		c := KeepAlive(Request{}).Client(newTestWire(t, s.Addr().String(), 0, 200*time.Millisecond))
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

// The whole request is what was asked for, with the attempt's id.
func TestHTTP1Request(t *testing.T) {
	got := make(chan string, 3)
	s := serve(t, func(_ int, c *net.TCPConn) {
		in := bufio.NewReader(c)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(r.Body)
			got <- r.Method + " " + r.URL.String() + " " + r.Host + " " + r.Header.Get("X-Id") + " " + string(body)
			io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
		}
	})
	n := 0
	header := http.Header{"X-Id": {"<{id}>"}}
	c := KeepAlive(Request{
		Method: "PUT", Path: "/orders/{id}?x={id}", Host: "shop.test", Header: header, Body: `{"id":"{id}"}`,
		IDs:    func() string { n++; return strings.Repeat("9", 2*n) },
		Accept: func(status int) bool { return status == http.StatusNotFound && n < 3 },
	}).Client(newTestWire(t, s.Addr().String(), 0, time.Minute))
	defer c.Close()
	for i, want := range []Attempt{
		{Outcome: OK, Status: 404, ID: "99", Fresh: true},
		{Outcome: OK, Status: 404, ID: "9999"},
		{Outcome: HTTPError, Status: 404, ID: "999999"},
	} {
		a := try(t, c)
		if a.Outcome != want.Outcome || a.Status != want.Status || a.ID != want.ID || a.Fresh != want.Fresh {
			t.Errorf("attempt %d: %+v, want %+v", i+1, a, want)
		}
		if got, want := <-got, strings.ReplaceAll(`PUT /orders/#?x=# shop.test <#> {"id":"#"}`, "#", want.ID); got != want {
			t.Errorf("the server got %s, want %s", got, want)
		}
	}
	if header.Get("X-Id") != "<{id}>" {
		t.Error("the request was changed")
	}
}

// What was written and read is in the error.
func TestHTTP1Error(t *testing.T) {
	s := serve(t, func(_ int, c *net.TCPConn) {
		readRequest(c)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
	})
	w := newTestWire(t, s.Addr().String(), 0, time.Minute)
	a := try(t, KeepAlive(Request{Host: "x"}).Client(w))
	if want := "27 bytes written, 41 read: EOF"; a.Err.Error() != want {
		t.Errorf("error = %q, want %q", a.Err, want)
	}
}

// A request that the socket has no room for is written to its end, and its answer
// read, even if the server answers before it has read all.
func TestHTTP1LargeRequests(t *testing.T) {
	body := strings.Repeat("x", 8<<20)
	for _, early := range []bool{false, true} {
		var sum atomic.Int64
		s := serve(t, func(_ int, c *net.TCPConn) {
			in := bufio.NewReader(c)
			for {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				if early {
					io.WriteString(c, whole)
				}
				n, _ := io.Copy(io.Discard, r.Body)
				sum.Add(n)
				if !early {
					io.WriteString(c, whole)
				}
			}
		})
		c := KeepAlive(Request{Body: body}).Client(newTestWire(t, s.Addr().String(), 0, time.Minute))
		for i := range 3 {
			if a := try(t, c); a.Outcome != OK || a.Fresh != (i == 0) {
				t.Errorf("attempt %d: %+v", i, a)
			}
		}
		c.Close()
		eventually(t, "the server has read all", func() bool { return sum.Load() == int64(3*len(body)) })
	}
}

// A connection on which there is more than was asked for is not used again.
func TestHTTP1Unsolicited(t *testing.T) {
	s := serve(t, func(n int, c *net.TCPConn) {
		readRequest(c)
		io.WriteString(c, whole+whole)
		io.Copy(io.Discard, c)
	})
	w := newTestWire(t, s.Addr().String(), 0, time.Minute)
	c := KeepAlive(Request{}).Client(w).(*client1)
	defer c.Close()
	for range 3 {
		if a := try(t, c); a.Outcome != OK || !a.Fresh {
			t.Errorf("got %+v", a)
		}
		eventually(t, "the second answer is there", func() bool { return c.in.r.Buffered() > 0 || c.raw.look() })
	}
	if n := w.count.foundClosed.Load(); n != 2 {
		t.Errorf("%d found closed, want 2", n)
	}
}

// The deadline is renewed before a request could outlive it, and not with each.
func TestHTTP1RenewsItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t.Context(), Config{Timeout: time.Second})
		defer s.Close()
		conn := &deadlines{}
		c := &client1{wire: &Wire{session: s}, conn: conn}
		for range 100 {
			c.begin(new(Attempt))
			if left := time.Until(conn.at); left < time.Second || left > 1250*time.Millisecond {
				t.Errorf("the deadline is in %v, want 1 s to 1.25 s", left)
			}
			time.Sleep(50 * time.Millisecond)
		}
		if conn.set > 20 {
			t.Errorf("set %d times in 5 s, want 20 or less", conn.set)
		}
	})
}

// Deadlines is a connection that keeps them.
type deadlines struct {
	net.Conn
	at  time.Time
	set int
}

func (d *deadlines) SetDeadline(t time.Time) error {
	d.at = t
	d.set++
	return nil
}

// The engine itself allocates nothing for a request on a connection that is there.
func TestHTTP1DoesNotAllocate(t *testing.T) {
	s := serve(t, func(_ int, c *net.TCPConn) {
		in, answer := bufio.NewReader(c), []byte(whole)
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(line) <= 2 {
				c.Write(answer)
			}
		}
	})
	session := newSession(t.Context(), Config{
		Addr: s.Addr().String(), Records: true, Timeout: time.Minute,
		Loads: []Load{{Name: "a", Kind: KeepAlive(Request{}), Callers: 1}},
	})
	defer session.Close()
	c := session.loads[0].callers[0]
	defer c.client.Close()
	one := func() {
		if !c.wait() || !c.make() || c.attempt.Outcome != OK {
			t.Fatalf("got %+v", c.attempt)
		}
		c.next()
	}
	one()
	const n = 2000
	if got := testing.AllocsPerRun(n, one); got > 0 { // rounded down: chunks of records are one in many
		t.Errorf("%v allocations a request, want none", got)
	}
	if got := len(slices.Collect(session.Records(0))); got != n+2 {
		t.Errorf("%d records, want %d", got, n+2)
	}
}
