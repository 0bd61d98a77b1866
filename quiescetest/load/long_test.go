// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

const chunkedHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

// How an answer that lasts may end, long after the timeout.
func TestLongOutcomes(t *testing.T) {
	tests := []struct {
		name     string
		begin    string
		end      string
		reset    bool
		want     Outcome
		answered bool // its begin is that of a good answer
	}{
		{"last chunk", chunkedHead + "1\r\nx\r\n", "0\r\n\r\n", false, OK, true},
		{"no event", chunkedHead, "0\r\n\r\n", false, OK, true},
		{"length reached", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", "llo", false, OK, true},
		{"no last chunk", chunkedHead + "1\r\nx\r\n", "1\r\nx\r\n", false, Truncated, true},
		{"reset", chunkedHead + "1\r\nx\r\n", "", true, Truncated, true},
		{"without framing", "HTTP/1.1 200 OK\r\n\r\ndata: x\n\n", "data: y\n\n", false, Truncated, true},
		{"refused", "HTTP/1.1 503 x\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", "", false, HTTPRefused, false},
		{"nothing", "", "", false, NoResponse, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const timeout = 500 * time.Millisecond // in which the begin has to come, on a busy machine too
			answering := make(chan struct{})
			s := serve(t, func(_ int, c *net.TCPConn) {
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil || r.Header.Get("Accept") != "text/event-stream" || r.Header.Get("X-A") != "b" {
					t.Errorf("got %+v, %v", r, err)
				}
				io.WriteString(c, tt.begin)
				if tt.answered {
					<-answering
					time.Sleep(2 * timeout) // the answer lasts longer than the timeout
				}
				io.WriteString(c, tt.end)
				if tt.reset {
					reset(c)
				}
			})
			c := SSE(Request{Header: http.Header{"X-A": {"b"}}}).Client(newTestWire(t, s.Addr().String(), 0, timeout))
			defer c.Close()
			called := 0
			a := Attempt{answering: func() {
				called++
				close(answering)
			}}
			if c.Do(t.Context(), &a); a.Outcome != tt.want || called > 1 || (called == 1) != tt.answered {
				t.Errorf("outcome = %v, %v, answer seen to begin %d times; want %v", a.Outcome, a.Err, called, tt.want)
			}
		})
	}
}

// The begin of an answer that lasts has to come in time.
func TestLongTimeout(t *testing.T) {
	hold := make(chan struct{})
	s := serve(t, func(int, *net.TCPConn) { <-hold })
	defer close(hold)
	for name, kind := range map[string]func(Request) Kind{"http/1.1": SSE, "h2": HTTP2} {
		c := kind(Request{Long: true}).Client(newTestWire(t, s.Addr().String(), 0, 200*time.Millisecond))
		if got := do(t, c); got != Timeout {
			t.Errorf("%s: outcome = %v, want timeout", name, got)
		}
		c.Close()
	}
}

// A request after one that lasted has its timeout again.
func TestTimeoutAfterLong(t *testing.T) {
	hold := make(chan struct{})
	s := serve(t, func(_ int, c *net.TCPConn) {
		readRequest(c)
		io.WriteString(c, chunkedHead+"0\r\n\r\n")
		<-hold
	})
	defer close(hold)
	c := SSE(Request{}).Client(newTestWire(t, s.Addr().String(), 0, 500*time.Millisecond))
	defer c.Close()
	for _, want := range []Outcome{OK, Timeout} {
		if got := do(t, c); got != want {
			t.Errorf("outcome = %v, want %v", got, want)
		}
	}
}
