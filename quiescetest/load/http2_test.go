// SPDX-License-Identifier: Apache-2.0

package load

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// frame returns an HTTP/2 frame.
func frame(kind, flags byte, stream uint32, payload ...byte) string {
	n := len(payload)
	b := []byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}
	b = binary.BigEndian.AppendUint32(b, stream)
	return string(append(b, payload...))
}

// settings, and what a server says on stream 1: an answer with 200.
var (
	settings   = frame(4, 0, 0)
	headers    = frame(1, 4, 1, 0x88)
	wholeH2    = frame(1, 5, 1, 0x88)
	refused    = frame(3, 0, 1, 0, 0, 0, refusedStream)
	cancelled  = frame(3, 0, 1, 0, 0, 0, 8)
	goAwayNone = frame(goAwayFrame, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) // stream 1 was not begun
	goAwayOne  = frame(goAwayFrame, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0) // it was
)

// readHeaders reads the preface and frames until a client's HEADERS.
func readHeaders(c net.Conn) {
	if _, err := io.CopyN(io.Discard, c, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	for {
		var h [frameHeaderLen]byte
		if _, err := io.ReadFull(c, h[:]); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, c, int64(h[0])<<16|int64(h[1])<<8|int64(h[2])); err != nil || h[3] == 1 {
			return
		}
	}
}

func TestHTTP2Outcomes(t *testing.T) {
	tests := []struct {
		name    string
		says    string
		stays   bool // until the client goes
		reset   bool
		want    Outcome
		goAways int64
	}{
		{name: "whole", says: wholeH2, stays: true, want: OK},
		{name: "refused stream", says: refused, stays: true, want: GoAwayRetryable},
		{name: "cancelled stream", says: cancelled, stays: true, want: ResetAfterWrite},
		{name: "not begun", says: goAwayNone, stays: true, want: GoAwayRetryable, goAways: 1},
		{name: "not begun, closed", says: goAwayNone, want: GoAwayRetryable, goAways: 1},
		{name: "begun, answered", says: goAwayOne + wholeH2, stays: true, want: OK, goAways: 1},
		{name: "begun, closed", says: goAwayOne, want: GoAwayLost, goAways: 1},
		{name: "begun, then not", says: goAwayOne + goAwayNone, stays: true, want: GoAwayRetryable, goAways: 1},
		{name: "closed", want: NoResponse},
		{name: "reset", reset: true, want: ResetAfterWrite},
		{name: "no body", says: headers, want: Truncated},
	}
	for _, tt := range tests {
		for _, rtt := range rtts {
			t.Run(tt.name+"/"+rtt.String(), func(t *testing.T) {
				s := serve(t, func(_ int, c *net.TCPConn) {
					readHeaders(c)
					io.WriteString(c, settings+tt.says)
					switch {
					case tt.reset:
						reset(c)
					case tt.stays:
						io.Copy(io.Discard, c)
					default:
						c.CloseWrite() // then a close is no reset
						io.Copy(io.Discard, c)
					}
				})
				w := newTestWire(t, s.Addr().String(), rtt, time.Minute)
				c := HTTP2(Request{Body: "order"}).Client(w)
				defer c.Close()
				// One of net/http's writes may take the error of a reset, so that
				// reading finds a mere end.
				if got := do(t, c); got != tt.want && (!tt.reset || got != NoResponse) {
					t.Errorf("outcome = %v, want %v", got, tt.want)
				}
				if got := w.count.goAways.Load(); got != tt.goAways {
					t.Errorf("%d GOAWAYs, want %d", got, tt.goAways)
				}
			})
		}
	}
}

func TestHTTP2TimeoutAndRefused(t *testing.T) {
	hold := make(chan struct{})
	s := serve(t, func(int, *net.TCPConn) { <-hold })
	w := newTestWire(t, s.Addr().String(), 0, 200*time.Millisecond)
	c := HTTP2(Request{}).Client(w)
	if got := do(t, c); got != Timeout {
		t.Errorf("outcome = %v, want timeout", got)
	}
	c.Close()
	close(hold)
	s.Close()
	c = HTTP2(Request{}).Client(newTestWire(t, s.Addr().String(), 0, time.Minute))
	if got := do(t, c); got != Refused {
		t.Errorf("outcome = %v, want refused", got)
	}
}

// After a GOAWAY the next request makes a new connection.
func TestHTTP2ReconnectsAfterGoAway(t *testing.T) {
	s := serve(t, func(_ int, c *net.TCPConn) {
		readHeaders(c)
		io.WriteString(c, settings+goAwayOne+wholeH2)
		io.Copy(io.Discard, c)
	})
	w := newTestWire(t, s.Addr().String(), 0, time.Minute)
	c := HTTP2(Request{}).Client(w)
	defer c.Close()
	for range 3 {
		if got := do(t, c); got != OK {
			t.Errorf("outcome = %v, want ok", got)
		}
	}
	if goAways, re := w.count.goAways.Load(), w.count.reconnects.Load(); goAways != 3 || re != 2 {
		t.Errorf("%d GOAWAYs, %d reconnects; want 3 and 2", goAways, re)
	}
}

// A real server, over TLS, sees the whole request.
func TestHTTP2OverTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Proto != "HTTP/2.0" || r.Method != "PUT" || r.URL.String() != "/orders?id=1" || string(body) != "order" ||
			r.Header.Get("X-Shop") != "a" || r.Host != "shop.test" {
			t.Errorf("got %s %s %s %q for %s, %v", r.Proto, r.Method, r.URL, body, r.Host, r.Header)
		}
	}))
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	request := Request{
		Method: "PUT", Path: "/orders?id=1", Host: "shop.test", Header: http.Header{"X-Shop": {"a"}}, Body: "order",
		TLS: &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs},
	}
	w := newTestWire(t, srv.Listener.Addr().String(), 0, time.Minute)
	c := HTTP2(request).Client(w)
	defer c.Close()
	if got := do(t, c); got != OK {
		t.Errorf("outcome = %v, want ok", got)
	}
	request.TLS.RootCAs = nil
	if got := do(t, HTTP2(request).Client(w)); got != TLSFailed {
		t.Errorf("without the certificate: outcome = %v, want tls", got)
	}
}

// A GOAWAY is found wherever the reads divide it.
func TestGoAwayInPieces(t *testing.T) {
	stream := settings + frame(0, 0, 1, make([]byte, 300)...) + goAwayNone + wholeH2
	for size := 1; size <= len(stream); size++ {
		seen := 0
		c := goAwayConn{seen: func() { seen++ }}
		for rest := []byte(stream); len(rest) > 0; {
			n := min(size, len(rest))
			c.scan(rest[:n])
			rest = rest[n:]
		}
		if seen != 1 {
			t.Errorf("in pieces of %d: seen %d times, want once", size, seen)
		}
	}
	c := goAwayConn{seen: func() { t.Error("a GOAWAY was seen in the data of another frame") }}
	c.scan([]byte(frame(0, 0, 1, []byte(goAwayNone)...)))
}
