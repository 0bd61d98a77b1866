// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/internal/door"
)

// What a request pays: an atomic load in front of the handler, and two stores in
// ConnState.
func BenchmarkMiddleware(b *testing.B) {
	bare := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	s, named := NewServer(nil), NewServer(nil, WithRequests(func(r *http.Request) string { return r.RequestURI }))
	for _, v := range []struct {
		name string
		h    http.Handler
	}{
		{"bare", bare},
		{"drain", s.advising(s.naming(bare))},
		{"requests", named.advising(named.naming(bare))},
	} {
		b.Run(v.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.h.ServeHTTP(w, r)
			}
		})
	}
	b.Run("connstate", func(b *testing.B) {
		b.ReportAllocs()
		c := s.books.wrap(new(net.TCPConn))
		s.books.track(c, http.StateNew)
		for b.Loop() { // one request's worth
			s.books.track(c, http.StateActive)
			s.books.track(c, http.StateIdle)
		}
	})
}

// A serveFunc serves, and returns what ends that.
type serveFunc func(b *testing.B, srv *http.Server, ln net.Listener) (end func(context.Context) error)

type wayToEnd struct {
	name  string
	serve serveFunc
}

// ways are net/http's and ours to serve and to end.
var ways = []wayToEnd{
	{"Shutdown", func(_ *testing.B, srv *http.Server, ln net.Listener) func(context.Context) error {
		go srv.Serve(ln)
		return srv.Shutdown
	}},
	{"drain", func(b *testing.B, srv *http.Server, ln net.Listener) func(context.Context) error {
		s := NewServer(srv, WithListener(ln))
		if err := s.Listen(b.Context()); err != nil {
			b.Fatal(err)
		}
		go s.Serve(context.WithoutCancel(b.Context()))
		return s.Drain
	}},
}

// A whole request over an in-memory connection, which is where the ratio counts.
func BenchmarkRequest(b *testing.B) {
	for _, way := range ways {
		b.Run(way.name, func(b *testing.B) {
			p := newPipes()
			end := way.serve(b, &http.Server{Handler: text("hello")}, p)
			conn, err := p.dial()
			if err != nil {
				b.Fatal(err)
			}
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
			conn.Close()
			if err := end(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// From the return of the last handler to the end of the drain, for clients that
// close their connection when they have the answer. Requests take between 0.7 and
// 1.4 times the nominal time, as with a fixed one it would be chance which look of
// Shutdown's they end before. Say how many with -benchtime 41x.
func BenchmarkDrainLatency(b *testing.B) {
	for _, work := range []time.Duration{time.Millisecond, 100 * time.Millisecond, time.Second} {
		for _, way := range ways {
			b.Run(fmt.Sprintf("%v/%s", work, way.name), func(b *testing.B) {
				var waste []time.Duration
				for b.Loop() {
					ln, err := net.Listen("tcp", "127.0.0.1:0")
					if err != nil {
						b.Fatal(err)
					}
					takes := time.Duration(0.7 * math.Pow(2, rand.Float64()) * float64(work))
					waste = append(waste, drainLatency(b, ln, takes, way.serve))
				}
				slices.Sort(waste)
				b.ReportMetric(float64(waste[len(waste)/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(waste[len(waste)-1].Microseconds()), "max-µs")
			})
		}
	}
}

func drainLatency(b *testing.B, ln net.Listener, work time.Duration, serve serveFunc) time.Duration {
	began := make(chan struct{})
	var ended time.Time
	drain := serve(b, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		time.Sleep(work)
		ended = time.Now()
	})}, ln)
	c, err := dialServer(ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	time.Sleep(2 * door.Quiet) // the client has been connected for a while
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

// Almost ten thousand idle connections, which takes 20,000 files, until the server
// has seen the last one off; beside closing them one by one. Ours is measured
// from the end of the grace period.
func BenchmarkIdleConns(b *testing.B) {
	const n = 9_900
	for _, way := range []string{"OneByOne", "Shutdown", "drain"} {
		b.Run(fmt.Sprintf("%d/%s", n, way), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				took = append(took, closeIdle(b, way, n))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "p50-ms")
		})
	}
}

func closeIdle(b *testing.B, way string, n int) time.Duration {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var conns []net.Conn
	var mu sync.Mutex
	var idle, closed sync.WaitGroup
	idle.Add(n)
	closed.Add(n)
	srv := &http.Server{Handler: text("hello"), ConnState: func(c net.Conn, state http.ConnState) {
		switch state {
		case http.StateIdle:
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			idle.Done()
		case http.StateClosed:
			closed.Done()
		}
	}}
	s := NewServer(srv, WithListener(ln))
	s.most = 50 * time.Millisecond
	if way == "drain" {
		if err := s.Listen(b.Context()); err != nil {
			b.Fatal(err)
		}
		go s.Serve(context.WithoutCancel(b.Context()))
	} else {
		go srv.Serve(ln)
	}
	for range n {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		if err := newClient(c).send("/"); err != nil {
			b.Fatal(err)
		}
	}
	idle.Wait()
	start := time.Now()
	switch way {
	case "OneByOne":
		for _, c := range conns {
			c.Close()
		}
	case "Shutdown":
		err = srv.Shutdown(b.Context())
	case "drain":
		err = s.Drain(b.Context())
		start = start.Add(s.most)
	}
	closed.Wait()
	took := time.Since(start)
	if err != nil {
		b.Error(err)
	}
	srv.Close()
	return took
}
