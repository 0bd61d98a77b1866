// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// What a request pays for the bridge: nothing but an atomic load and a look at
// one flag in the handler, and two stores in ConnState.
func BenchmarkHTTPMiddleware(b *testing.B) {
	bare := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	s := newHTTPServer(nil)
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	for _, v := range []struct {
		name string
		h    http.Handler
	}{{"bare", bare}, {"bridge", s.advised(bare)}} {
		b.Run(v.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.h.ServeHTTP(w, r)
			}
		})
	}
	b.Run("connstate", func(b *testing.B) {
		b.ReportAllocs()
		c := new(net.TCPConn)
		s.conns.track(c, http.StateNew)
		for b.Loop() { // one request's worth
			s.conns.track(c, http.StateActive)
			s.conns.track(c, http.StateIdle)
		}
	})
}

// A whole request over an in-memory connection, which is where the ratio counts.
func BenchmarkHTTPRequest(b *testing.B) {
	hello := httpText("hello")
	run := func(b *testing.B, p *httpPipes) {
		conn, err := p.dial()
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		buf := make([]byte, 4096)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: test\r\n\r\n"); err != nil {
				b.Fatal(err)
			}
			if _, err := conn.Read(buf); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("bare", func(b *testing.B) {
		p := newHTTPPipes()
		srv := &http.Server{Handler: hello}
		go srv.Serve(p)
		defer srv.Close()
		run(b, p)
	})
	b.Run("bridge", func(b *testing.B) {
		p := newHTTPPipes()
		c := HTTPOn(&http.Server{Handler: hello}, p)
		if err := c.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		go c.Run(b.Context())
		defer c.Force()
		run(b, p)
	})
}

// From the return of the last handler to the end of the drain, for requests of
// 20 ms whose clients close their connection when they have the answer.
func BenchmarkHTTPDrainLatency(b *testing.B) {
	for _, v := range []struct {
		name  string
		serve func(srv *http.Server, ln net.Listener) (drain func(context.Context) error)
	}{
		{"Shutdown", func(srv *http.Server, ln net.Listener) func(context.Context) error {
			go srv.Serve(ln)
			return srv.Shutdown
		}},
		{"bridge", func(srv *http.Server, ln net.Listener) func(context.Context) error {
			c := HTTPOn(srv, ln)
			if err := c.Start(b.Context()); err != nil {
				b.Fatal(err)
			}
			go c.Run(b.Context())
			return c.Drain
		}},
	} {
		b.Run(v.name, func(b *testing.B) {
			var waste []time.Duration
			for b.Loop() {
				waste = append(waste, drainLatency(b, v.serve))
			}
			slices.Sort(waste)
			b.ReportMetric(float64(waste[len(waste)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(waste[len(waste)-1].Microseconds()), "max-µs")
		})
	}
}

func drainLatency(b *testing.B, serve func(*http.Server, net.Listener) func(context.Context) error) time.Duration {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	began := make(chan struct{})
	var ended time.Time
	drain := serve(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		time.Sleep(20 * time.Millisecond) // the work
		ended = time.Now()
	})}, ln)
	c, err := dialHTTP(ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		_, _, err := c.get("/")
		c.Close()
		got <- err
	}()
	<-began
	if err := drain(b.Context()); err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	if err := <-got; err != nil {
		b.Fatal(err)
	}
	return now.Sub(ended)
}
