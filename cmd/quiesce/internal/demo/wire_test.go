// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

const (
	whole   = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"
	chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"

	// patience bounds waits for what must happen; it is not spent.
	patience = 20 * time.Second
)

func TestWireClassifies(t *testing.T) {
	post := request{method: http.MethodPost, path: "/orders", id: "7", body: "teapots"}
	for _, tt := range []struct {
		name string
		play script
		want answer
	}{
		{"answered", says(whole), answer{outcome: Answered, status: 201, body: "ok"}},
		{"answered with chunks", says(chunked + "0\r\n\r\n"), answer{outcome: Answered, status: 200, body: "ok"}},
		{
			"answered and told to leave", says("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"),
			answer{outcome: Answered, status: 200, body: "ok", leave: true},
		},
		{
			"an error is an answer", says("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"),
			answer{outcome: Answered, status: 503},
		},
		{"closed without an answer", says(""), answer{outcome: Lost}},
		{"closed in the status line", says("HTTP/1.1 20"), answer{outcome: Lost}},
		{"closed in the header", says("HTTP/1.1 200 OK\r\nContent-Le"), answer{outcome: Lost}},
		{"closed in the body", says("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok"), answer{outcome: Lost}},
		{"closed before the last chunk", says(chunked), answer{outcome: Lost}},
		{"closed in a chunk", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok"), answer{outcome: Lost}},
		{"nothing says where the answer ends", says("HTTP/1.1 200 OK\r\n\r\nok"), answer{outcome: Lost}},
		{"not HTTP", says("go away\r\n\r\n"), answer{outcome: Lost}},
		{"reset without an answer", func(t *testing.T, c *net.TCPConn) {
			readAll(t, c)
			reset(c)
		}, answer{outcome: Lost}},
		{"reset before the request was read", func(_ *testing.T, c *net.TCPConn) {
			c.Read(make([]byte, 1)) // it was written, then
			reset(c)
		}, answer{outcome: Lost}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := connect(t, tt.play).do(post)
			if got.outcome != tt.want.outcome || got.leave != tt.want.leave {
				t.Fatalf("outcome %v, leave %v, error %v; want %v, %v", got.outcome, got.leave, got.err, tt.want.outcome, tt.want.leave)
			}
			if got.outcome == Answered && (got.status != tt.want.status || got.body != tt.want.body || got.err != nil) {
				t.Errorf("got %d %q %v, want %d %q", got.status, got.body, got.err, tt.want.status, tt.want.body)
			}
			if got.outcome == Lost && got.err == nil {
				t.Error("lost without a reason")
			}
		})
	}
}

func TestDialRefused(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if w, err := dial(ln.Addr().String()); err == nil {
		w.close()
		t.Error("dial of a closed port succeeded")
	}
}

// connectAndReset returns a connection that was reset after it was made.
func connectAndReset(t *testing.T) *wire {
	t.Helper()
	connected := make(chan struct{})
	w := connect(t, func(_ *testing.T, c *net.TCPConn) {
		<-connected
		reset(c)
	})
	close(connected)
	if w.idle(patience) {
		t.Fatal("the reset was not seen")
	}
	return w
}

// TestWireResetBeforeTheFirstByte: nothing of the request got out, so it never
// began.
func TestWireResetBeforeTheFirstByte(t *testing.T) {
	w := connectAndReset(t)
	if got := w.do(request{method: http.MethodGet, path: "/orders/1"}); got.outcome != Refused || got.err == nil {
		t.Errorf("outcome %v, error %v; want refused", got.outcome, got.err)
	}
}

// TestWireWrittenToAClosedConnection: a client that does not look before it
// writes has lost its request, whatever the server thought.
func TestWireWrittenToAClosedConnection(t *testing.T) {
	w := connect(t, func(*testing.T, *net.TCPConn) {})
	if w.idle(patience) {
		t.Fatal("the close was not seen")
	}
	if got := w.do(request{method: http.MethodGet, path: "/orders/1"}); got.outcome != Lost {
		t.Errorf("outcome %v, error %v; want lost", got.outcome, got.err)
	}
}

// TestWireEarlyAnswer: a server may answer before it has read everything.
func TestWireEarlyAnswer(t *testing.T) {
	answered := make(chan struct{})
	w := connect(t, func(_ *testing.T, c *net.TCPConn) {
		c.Read(make([]byte, 4))
		io.WriteString(c, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		<-answered
	})
	got := w.do(request{method: http.MethodPost, path: "/orders", id: "1", body: "teapots", pause: time.Millisecond})
	close(answered)
	if got.outcome != Answered || got.status != 413 {
		t.Errorf("got %+v, want 413", got)
	}
}

// TestWireUsesAConnectionAgain also shows what is on the wire.
func TestWireUsesAConnectionAgain(t *testing.T) {
	type seen struct{ line, id, length, body, connection string }
	requests := make(chan seen, 2)
	w := connect(t, func(t *testing.T, c *net.TCPConn) {
		for range 2 {
			r, body := readAll(t, c)
			if r == nil {
				return
			}
			requests <- seen{r.Method + " " + r.RequestURI, r.Header.Get("Idempotency-Key"), r.Header.Get("Content-Length"), body, r.Header.Get("Connection")}
			io.WriteString(c, whole)
		}
	})
	for _, q := range []request{
		{method: http.MethodPost, path: "/orders", id: "7", body: "teapots", pause: time.Millisecond},
		{method: http.MethodGet, path: "/orders/7", last: true},
	} {
		if got := w.do(q); got.outcome != Answered {
			t.Fatalf("%s: %v", q.method, got.err)
		}
		if q.last {
			continue
		}
		if !w.idle(time.Millisecond) {
			t.Fatal("the open connection is called closed")
		}
	}
	for _, want := range []seen{{"POST /orders", "7", "7", "teapots", ""}, {"GET /orders/7", "", "", "", "close"}} {
		if got := <-requests; got != want {
			t.Errorf("request %+v, want %+v", got, want)
		}
	}
}

func TestStreamClassifies(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	chunk := func(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }
	event := chunk("event: order\ndata: {\"id\":\"7\"}\n\n")
	bye := chunk("retry: 500\nevent: bye\ndata:\n\n")
	for _, tt := range []struct {
		name, text string
		want       streamEnd
	}{
		{"ended by the server", head + event + event + bye + "0\r\n\r\n", streamEnd{outcome: Answered, events: 2, retry: 500 * time.Millisecond}},
		{"ended without a word", head + event + "0\r\n\r\n", streamEnd{outcome: Answered, events: 1}},
		{"cut after an event", head + event, streamEnd{outcome: Lost, events: 1}},
		{"cut in an event", head + event[:12], streamEnd{outcome: Lost}},
		{"cut in the header", head[:20], streamEnd{outcome: Lost}},
		{"no end to be seen", "HTTP/1.1 200 OK\r\n\r\nevent: order\n", streamEnd{outcome: Lost, events: 1}},
		{"not a stream", "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", streamEnd{outcome: Lost}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := connect(t, says(tt.text)).follow("/events", func() {})
			err := got.err
			got.err = nil
			if got != tt.want || (err == nil) != (tt.want.outcome == Answered) {
				t.Errorf("got %+v, error %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestStreamRefused(t *testing.T) {
	w := connectAndReset(t)
	opened := false
	if got := w.follow("/events", func() { opened = true }); got.outcome != Refused || opened {
		t.Errorf("got %+v, opened %v; want refused", got, opened)
	}
}
