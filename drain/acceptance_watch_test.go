// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// countDials counts the connections that a client makes.
func (r *rig) countDials(c *http.Client) *atomic.Int32 {
	n := new(atomic.Int32)
	c.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
		n.Add(1)
		return r.pipes.dial()
	}
	return n
}

// apiserver, TestGracefulShutdownForActiveHTTP2Streams: 25 streams of one connection
// that take a minute each are finished without an error by a stop that begins when
// all are there, and by which nothing else is cut short.
func TestMinuteLongStreamsAreFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const streams = 25
		var there, answered sync.WaitGroup
		there.Add(streams)
		mux := http.NewServeMux()
		mux.Handle("/", text("hello"))
		mux.HandleFunc("/minute", func(w http.ResponseWriter, _ *http.Request) {
			there.Done()
			time.Sleep(time.Minute)
			io.WriteString(w, "a minute later")
		})
		r := newRig2(t, &http.Server{Handler: mux})
		client := r.client2()
		dials := r.countDials(client)
		r.mustGet2(client, "/", "hello") // makes the connection
		synctest.Wait()                  // which is free again
		for range streams {
			answered.Go(func() { r.mustGet2(client, "/minute", "a minute later") })
		}
		there.Wait()
		r.wantDrained(r.drainFor(t.Context()), time.Minute)
		answered.Wait()
		if n := dials.Load(); n != 1 {
			t.Errorf("%d connections, want 1", n)
		}
		r.end()
	})
}

// leavingHandler answers with the body of the request, or hello; under /go it tells
// the client to leave; under /watch it takes five seconds for it.
func leavingHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "go") {
			w.Header().Set("Connection", "close")
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if len(body) == 0 {
			body = []byte("hello")
		}
		for i := range body {
			if strings.HasPrefix(r.URL.Path, "/watch") {
				w.(http.Flusher).Flush()
				time.Sleep(time.Second)
			}
			w.Write(body[i : i+1])
		}
	})
}

// apiserver, TestClientReceivedGOAWAY, and traefik, TestKeepAliveH2c: a handler's own
// Connection: close is a GOAWAY to its client, also through our server. The next
// request is made over a new connection, and watches that were begun over the old one
// go on to their end. Theirs does that at random in normal life.
func TestGoAwayMovesTheNextRequest(t *testing.T) {
	for _, tt := range []struct {
		paths string
		conns int32 // one, and one for each GOAWAY that something follows
	}{
		{"/ / / /", 1},
		{"/go", 1},
		{"/go /", 2},
		{"/ /watch /go / /watch", 2},
		{"/watch /go /go /", 3},
		{"/watch-go /watch-go /watch / /", 3},
		{"/watch / /go /watch /go /watch /", 3},
	} {
		t.Run(tt.paths, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig2(t, &http.Server{Handler: leavingHandler()})
				client := r.client2()
				dials := r.countDials(client)
				var watches sync.WaitGroup
				for path := range strings.FieldsSeq(tt.paths) {
					if strings.HasPrefix(path, "/watch") {
						watches.Go(func() { r.mustGet2(client, path, "hello") })
					} else {
						r.mustGet2(client, path, "hello")
					}
					synctest.Wait() // the GOAWAY has arrived
				}
				if n := dials.Load(); n != tt.conns {
					t.Errorf("%d connections, want %d", n, tt.conns)
				}
				watches.Wait()
				client.CloseIdleConnections()
				if d := <-r.drainFor(t.Context()); d.err != nil {
					t.Errorf("Drain = %v, want nil", d.err)
				}
				r.end()
			})
		})
	}
}

// send makes a request, with a body under /post, which is to come back. GOAWAY says of
// a request that it was not seen, and Go's client then makes it again, except over the
// connection that it has just made for it: that is left to its caller.
func (r *rig) send(c *http.Client, path string) {
	r.t.Helper()
	for {
		want := "hello"
		resp, err := func() (*http.Response, error) {
			if !strings.HasPrefix(path, "/post") {
				return c.Get("http://test" + path)
			}
			want = "posted"
			return c.Post("http://test"+path, "text/plain", strings.NewReader(want))
		}()
		if err != nil && strings.Contains(err.Error(), "graceful shutdown GOAWAY") {
			continue
		}
		if err != nil {
			r.t.Errorf("%s: %v", path, err)
			return
		}
		defer resp.Body.Close()
		if b, err := io.ReadAll(resp.Body); err != nil || string(b) != want {
			r.t.Errorf("%s = %q, %v; want %s", path, b, err, want)
		}
		return
	}
}

// apiserver, TestGOAWAYConcurrency: the requests that many make over the connections
// of one client are not harmed by GOAWAYs that others get in between. Neither are
// watches, which last longer than the connection is offered to anybody.
func TestGoAwaysAmongConcurrentRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers, each = 10, 30
		paths := []string{"/", "/post", "/watch", "/go", "/post-go", "/watch-go", "/"}
		r := newRig2(t, &http.Server{Handler: leavingHandler()})
		client := r.client2()
		dials := r.countDials(client)
		var all sync.WaitGroup
		for worker := range workers {
			all.Go(func() {
				for i := range each {
					path := paths[(worker+i)%len(paths)]
					if strings.HasPrefix(path, "/watch") {
						all.Go(func() { r.send(client, path) })
					} else {
						r.send(client, path)
					}
				}
			})
		}
		all.Wait()
		if n := dials.Load(); n < 2 {
			t.Errorf("%d connections: nobody was told to leave", n)
		}
		client.CloseIdleConnections()
		if d := <-r.drainFor(t.Context()); d.err != nil {
			t.Errorf("Drain = %v, want nil", d.err)
		}
		r.end()
	})
}

// apiserver, TestWithWatchTerminationDuringShutdown: watches are counted apart from
// other requests, find out from their context that the server is stopped, are waited
// for, and leave nothing behind. Theirs refuses one that comes during the stop, with
// 503 and Retry-After. Ours admits it, over a connection that is still open, and gives
// it its turn with the others: what it has to say first it can say.
func TestWatchesAreToldAndWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		mux := http.NewServeMux()
		mux.Handle("/", slowHandler(release))
		mux.HandleFunc("/watch", func(w http.ResponseWriter, r *http.Request) {
			h := From(r.Context())
			l := h.Long("watch")
			defer l.End()
			<-l.Turn()
			if !errors.Is(h.Cause(), ErrDraining) || r.Context().Err() != nil {
				t.Errorf("cause %v, context %v; want %v, nil", h.Cause(), r.Context().Err(), ErrDraining)
			}
			time.Sleep(2 * time.Second) // says what it has to
			io.WriteString(w, "the end")
		})
		r := newRig(t, &http.Server{Handler: mux}, WithPace(0, 0))
		slow, watch := r.dial(), r.dial()
		if err := errors.Join(slow.send("/slow"), watch.send("/watch")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got, want := r.Counts(), (Counts{Busy: 2, Long: 1}); got != want {
			t.Errorf("Counts = %+v, want %+v", got, want)
		}
		done := r.drainFor(t.Context())
		synctest.Wait()
		close(release)
		if body, _, err := slow.receive(); err != nil || body != "slow" {
			t.Errorf("slow = %q, %v", body, err)
		}
		if body, told, err := slow.get("/watch"); err != nil || body != "the end" || !told {
			t.Errorf("the late watch = %q, told %v, %v", body, told, err)
		}
		if body, _, err := watch.receive(); err != nil || body != "the end" {
			t.Errorf("the watch = %q, %v", body, err)
		}
		r.wantDrained(done, 2*time.Second)
		if got := r.Counts(); got != (Counts{}) {
			t.Errorf("Counts = %+v, want none", got)
		}
		r.end()
	})
}
