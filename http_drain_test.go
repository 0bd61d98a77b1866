// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// drainFor runs Drain and returns its error and how long it took, in virtual time.
func (r *httpRig) drainFor(ctx context.Context) <-chan httpDrained {
	done := make(chan httpDrained, 1)
	go func() {
		start := time.Now()
		err := r.drain(ctx)
		done <- httpDrained{time.Since(start), err}
	}()
	return done
}

type httpDrained struct {
	took time.Duration
	err  error
}

func (r *httpRig) wantDrained(done <-chan httpDrained, took time.Duration) {
	r.t.Helper()
	if d := <-done; d.err != nil || d.took != took {
		r.t.Errorf("Drain = %v after %v, want nil after %v", d.err, d.took, took)
	}
}

func TestHTTPDrainOfNothingIsImmediate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newHTTPRig(t, &http.Server{})
		r.wantDrained(r.drainFor(t.Context()), 0)
		if err := <-r.runErr; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		r.runErr <- nil
		r.end()
	})
}

// Connections without a request are closed when they have been so for the grace.
func TestHTTPDrainClosesIdle(t *testing.T) {
	for _, tt := range []struct {
		name  string
		first string // what the client sends before the drain
	}{
		{"idle", "GET / HTTP/1.1\r\nHost: test\r\n\r\n"},
		{"silent", ""},
		{"half a header", "GET / HTTP/1.1\r\nHo"},
	} {
		for limit, want := range map[time.Duration]time.Duration{
			0:                      httpAdvise,
			time.Minute:            httpAdvise,
			800 * time.Millisecond: 200 * time.Millisecond,
		} {
			t.Run(tt.name+" "+limit.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var began atomic.Int32
					r := newHTTPRig(t, &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
						began.Add(1)
					})})
					c := r.client()
					if _, err := io.WriteString(c, tt.first); err != nil {
						t.Fatal(err)
					}
					if tt.name == "idle" {
						if _, _, err := c.receive(); err != nil {
							t.Fatal(err)
						}
					}
					synctest.Wait()
					ctx := t.Context()
					if limit > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, limit)
						defer cancel()
					}
					done := r.drainFor(ctx)
					b, err := io.ReadAll(c.in)
					if err != nil || len(b) > 0 && !strings.HasPrefix(string(b), "HTTP/1.1 400 ") {
						t.Errorf("read = %q, %v; want nothing, or net/http's refusal of half a header", b, err)
					}
					r.wantDrained(done, want)
					r.end()
					if got, want := began.Load() == 1, tt.name == "idle"; got != want {
						t.Errorf("a handler ran: %v, want %v", got, want)
					}
				})
			})
		}
	}
}

// A client that comes back during the second is told, and holds nothing.
func TestHTTPDrainTellsClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newHTTPRig(t, &http.Server{Handler: httpText("hello")})
		c, d := r.client(), r.client()
		for range 3 {
			if r.mustGet(c, "/", "hello") || r.mustGet(d, "/", "hello") {
				t.Fatal("a client was told to leave before the drain")
			}
		}
		synctest.Wait() // both wait for a request again, in the server's view too
		done := r.drainFor(t.Context())
		time.Sleep(400 * time.Millisecond)
		if !r.mustGet(c, "/", "hello") {
			t.Error("the response has no Connection: close")
		}
		r.wantEOF(c)
		e := r.client() // the door is still open
		if !r.mustGet(e, "/", "hello") {
			t.Error("the response on a new connection has no Connection: close")
		}
		time.Sleep(200 * time.Millisecond)
		if !r.mustGet(d, "/", "hello") {
			t.Error("the response has no Connection: close")
		}
		r.wantDrained(done, 600*time.Millisecond)
		r.end()
	})
}

// slowHandler serves /slow, which ends when release does, and anything else at once.
func slowHandler(release <-chan struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
			io.WriteString(w, "slow")
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		select {
		case <-release:
			io.WriteString(w, "stream")
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) {
		<-release
		panic("a bug")
	})
	mux.HandleFunc("/hijack", func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			go func() { <-release; c.Close() }()
		}
	})
	mux.Handle("/", httpText("hello"))
	return mux
}

// A request in flight is answered, however long it takes, and the drain ends at
// the very moment its connection does.
func TestHTTPDrainFinishesRequest(t *testing.T) {
	for _, path := range []string{"/slow", "/stream"} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				r := newHTTPRig(t, &http.Server{Handler: slowHandler(release)})
				c := r.client()
				if err := c.send(path); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				done := r.drainFor(t.Context())
				time.Sleep(20 * time.Second)
				if _, err := r.pipes.dial(); err == nil {
					t.Error("the door is open 20 s into the drain")
				}
				close(release)
				if body, _, err := c.receive(); err != nil || body != path[1:] {
					t.Fatalf("%s = %q, %v", path, body, err)
				}
				c.Close()
				r.wantDrained(done, 20*time.Second)
				r.end()
			})
		})
	}
}

// A request that was in flight when the drain began could not be told. Its
// client may send another, which is answered although the door is closed, or
// has its connection closed a second later.
func TestHTTPDrainAnswersStragglers(t *testing.T) {
	for _, again := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			r := newHTTPRig(t, &http.Server{Handler: slowHandler(release)})
			c := r.client()
			if err := c.send("/slow"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			done := r.drainFor(t.Context())
			time.Sleep(5 * time.Second)
			close(release)
			if body, told, err := c.receive(); err != nil || body != "slow" || told {
				t.Fatalf("slow = %q, told %v, %v", body, told, err)
			}
			if again {
				time.Sleep(httpAdvise - time.Nanosecond)
				if !r.mustGet(c, "/", "hello") {
					t.Error("the straggler was not told")
				}
				r.wantDrained(done, 6*time.Second-time.Nanosecond)
			} else {
				r.wantEOF(c)
				r.wantDrained(done, 6*time.Second)
			}
			r.end()
		})
	}
}

// A panic in a handler takes its connection off the books like any other end.
func TestHTTPDrainSurvivesPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := newHTTPRig(t, &http.Server{Handler: slowHandler(release), ErrorLog: log.New(io.Discard, "", 0)})
		c := r.client()
		if err := c.send("/panic"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		done := r.drainFor(t.Context())
		synctest.Wait()
		if got, want := r.conns.counts(), (httpCounts{busy: 1}); got != want {
			t.Errorf("counts = %+v, want %+v", got, want)
		}
		close(release)
		r.wantEOF(c)
		r.wantDrained(done, 0)
		r.end()
	})
}

func TestHTTPDrainForgetsHijacked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := newHTTPRig(t, &http.Server{Handler: slowHandler(release)})
		c := r.client()
		if err := c.send("/hijack"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.wantDrained(r.drainFor(t.Context()), 0)
		close(release)
		r.wantEOF(c)
		r.end()
	})
}

func TestHTTPDrainOverrunNamesHolders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newHTTPRig(t, &http.Server{Handler: slowHandler(nil)})
		var clients []*httpClient
		for range 5 {
			c := r.client()
			clients = append(clients, c)
			if err := c.send("/slow"); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		cause := errors.New("no time left")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, cause)
		defer cancel()
		d := <-r.drainFor(ctx)
		if d.took != 10*time.Second || !errors.Is(d.err, cause) {
			t.Fatalf("Drain = %v after %v, want %v after 10s", d.err, d.took, cause)
		}
		want := "drain 192.0.2.1:80: 5 busy (pipe, pipe, pipe and 2 more), 0 idle: no time left"
		if d.err.Error() != want {
			t.Errorf("Drain = %q, want %q", d.err, want)
		}
		r.force()
		for _, c := range clients {
			r.wantEOF(c)
		}
		r.end()
	})
}

// Force beside a drain: the drain says what it cost.
func TestHTTPForceEndsDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newHTTPRig(t, &http.Server{Handler: slowHandler(nil)})
		c := r.client()
		if err := c.send("/slow"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		done := r.drainFor(t.Context())
		time.Sleep(3 * time.Second)
		r.force()
		r.wantEOF(c)
		d := <-done
		if d.err == nil || d.took != 3*time.Second || !strings.Contains(d.err.Error(), ": 1 busy (pipe), 0 idle: ") {
			t.Errorf("Drain = %v after %v, want an error naming one connection after 3s", d.err, d.took)
		}
		r.end()
	})
}

// deadlineConn records the read deadlines it is given.
type deadlineConn struct {
	net.Conn
	past  bool
	calls int
}

func (c *deadlineConn) SetReadDeadline(t time.Time) error {
	c.past, c.calls = !t.IsZero() && t.Before(time.Now()), c.calls+1
	return nil
}

// A request that the server has read when its connection expires goes on.
func TestHTTPExpiredConnIsRevived(t *testing.T) {
	for _, timeout := range []time.Duration{0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			var books httpConns
			books.init()
			books.readTimeout = timeout
			c := new(deadlineConn)
			books.track(c, http.StateNew)
			books.track(c, http.StateActive)
			books.track(c, http.StateIdle)
			books.beginDrain(time.Second)
			time.Sleep(time.Second - time.Nanosecond)
			if books.expire(time.Now()); c.calls != 0 {
				t.Fatal("expired before the grace period was over")
			}
			time.Sleep(time.Nanosecond)
			if books.expire(time.Now()); !c.past {
				t.Fatal("not expired when the grace period was over")
			}
			books.track(c, http.StateActive)
			if c.past || c.calls != 2 {
				t.Errorf("after the request began: deadline in the past %v, set %d times; want false, 2", c.past, c.calls)
			}
			books.track(c, http.StateIdle)
			books.track(c, http.StateActive)
			if c.calls != 2 {
				t.Error("the next request's deadline was touched")
			}
			time.Sleep(time.Hour)
			if books.expire(time.Now()); c.past {
				t.Error("a busy connection expired")
			}
			books.track(c, http.StateClosed)
			if got := books.counts(); got.open() != 0 {
				t.Errorf("counts = %+v, want none open", got)
			}
			if _, ok := books.records.Load(c); ok {
				t.Error("a closed connection is still on record")
			}
		})
	}
}
