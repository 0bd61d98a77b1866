// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// drainFor runs Drain and returns its error and how long it took, in virtual time.
func (r *rig) drainFor(ctx context.Context) <-chan drained {
	done := make(chan drained, 1)
	go func() {
		start := time.Now()
		err := r.Drain(ctx)
		done <- drained{time.Since(start), err}
	}()
	return done
}

type drained struct {
	took time.Duration
	err  error
}

func (r *rig) wantDrained(done <-chan drained, took time.Duration) {
	r.t.Helper()
	if d := <-done; d.err != nil || d.took != took {
		r.t.Errorf("Drain = %v after %v, want nil after %v", d.err, d.took, took)
	}
}

func TestDrainOfNothingIsImmediate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &http.Server{})
		r.wantDrained(r.drainFor(t.Context()), 0)
		if err := <-r.runErr; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		r.runErr <- nil
		r.end()
	})
}

// Connections without a request are closed when they have been so for the grace.
func TestDrainClosesIdle(t *testing.T) {
	for _, tt := range []struct {
		name  string
		first string // what the client sends before the drain
	}{
		{"idle", "GET / HTTP/1.1\r\nHost: test\r\n\r\n"},
		{"silent", ""},
		{"half a header", "GET / HTTP/1.1\r\nHo"},
	} {
		for limit, want := range map[time.Duration]time.Duration{
			0:                      adviseMost,
			time.Minute:            adviseMost,
			800 * time.Millisecond: 200 * time.Millisecond,
		} {
			t.Run(tt.name+" "+limit.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var began atomic.Int32
					r := newRig(t, &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
						began.Add(1)
					})})
					c := r.dial()
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
func TestDrainTellsClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &http.Server{Handler: text("hello")})
		c, d := r.dial(), r.dial()
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
		e := r.dial() // the door is still open
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
	mux.Handle("/", text("hello"))
	return mux
}

// A request in flight is answered, however long it takes, and the drain ends at
// the very moment its connection does.
func TestDrainFinishesRequest(t *testing.T) {
	for _, path := range []string{"/slow", "/stream"} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				r := newRig(t, &http.Server{Handler: slowHandler(release)})
				c := r.dial()
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

// A request that was in flight when the drain began is told with its own
// response if that begins late enough, and its connection is closed at once.
func TestDrainTellsRequestInFlight(t *testing.T) {
	for _, path := range []string{"/slow", "/stream"} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				r := newRig(t, &http.Server{Handler: slowHandler(release)})
				c := r.dial()
				if err := c.send(path); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				done := r.drainFor(t.Context())
				time.Sleep(adviseMost)
				synctest.Wait() // this is the instant from which it is told
				close(release)
				body, told, err := c.receive()
				if err != nil || body != path[1:] {
					t.Fatalf("%s = %q, %v", path, body, err)
				}
				if want := path == "/slow"; told != want { // the header of a stream is out
					t.Errorf("told = %v, want %v", told, want)
				}
				r.wantEOF(c)
				r.wantDrained(done, adviseMost)
				r.end()
			})
		})
	}
}

// Before that a request in flight is not told. Its client may send another,
// which is answered although the door is closed, or has its connection closed a
// second later.
func TestDrainAnswersStragglers(t *testing.T) {
	for _, again := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			r := newRig(t, &http.Server{Handler: slowHandler(release)})
			c := r.dial()
			if err := c.send("/slow"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			done := r.drainFor(t.Context())
			time.Sleep(adviseMost / 2)
			close(release)
			if body, told, err := c.receive(); err != nil || body != "slow" || told {
				t.Fatalf("slow = %q, told %v, %v", body, told, err)
			}
			if again {
				time.Sleep(adviseMost - time.Nanosecond)
				if !r.mustGet(c, "/", "hello") {
					t.Error("the straggler was not told")
				}
				r.wantDrained(done, 3*adviseMost/2-time.Nanosecond)
			} else {
				r.wantEOF(c)
				r.wantDrained(done, 3*adviseMost/2)
			}
			r.end()
		})
	}
}

// A handler that panics, aborts or exits takes its request off the books like
// any other end, over both protocols.
func TestDrainSurvivesHandlers(t *testing.T) {
	for name, end := range map[string]func(){
		"panic":  func() { panic("a bug") },
		"abort":  func() { panic(http.ErrAbortHandler) },
		"goexit": runtime.Goexit,
	} {
		for _, proto := range []string{"HTTP/1", "HTTP/2"} {
			t.Run(name+" "+proto, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					release := make(chan struct{})
					srv := &http.Server{
						ErrorLog: log.New(io.Discard, "", 0),
						Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
							<-release
							end()
						}),
					}
					r := newRig2(t, srv, WithRequests(nil))
					ended := make(chan error, 1)
					want := Counts{Busy: 1}
					if proto == "HTTP/2" {
						want = Counts{HTTP2Busy: 1}
						go func() {
							_, err := r.client2().Get("http://test/")
							ended <- err
						}()
					} else {
						go func() {
							_, _, err := r.dial().get("/")
							ended <- err
						}()
					}
					synctest.Wait()
					done := r.drainFor(t.Context())
					time.Sleep(3 * time.Second)
					if got := r.Counts(); got != want {
						t.Errorf("Counts = %+v, want %+v", got, want)
					}
					if n := r.requests.InFlight(); n != 1 {
						t.Errorf("%d requests in flight, want 1", n)
					}
					close(release)
					if err := <-ended; err == nil {
						t.Error("the client got an answer")
					}
					r.wantDrained(done, 3*time.Second)
					if n := r.requests.InFlight(); n != 0 {
						t.Errorf("%d requests in flight at the end, want 0", n)
					}
					r.end()
				})
			})
		}
	}
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
func TestExpiredConnIsRevived(t *testing.T) {
	for _, timeout := range []time.Duration{0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			var books books
			books.signal = func() {}
			books.readTimeout = timeout
			raw := new(deadlineConn)
			c := books.wrap(raw)
			books.track(c, http.StateNew)
			books.track(c, http.StateActive)
			books.track(c, http.StateIdle)
			books.beginDrain(time.Second)
			time.Sleep(time.Second - time.Nanosecond)
			if books.expire(time.Now()); raw.calls != 0 {
				t.Fatal("expired before the grace period was over")
			}
			time.Sleep(time.Nanosecond)
			if books.expire(time.Now()); !raw.past {
				t.Fatal("not expired when the grace period was over")
			}
			books.track(c, http.StateActive)
			if raw.past || raw.calls != 2 {
				t.Errorf("after the request began: deadline in the past %v, set %d times; want false, 2", raw.past, raw.calls)
			}
			books.track(c, http.StateIdle)
			books.track(c, http.StateActive)
			if raw.calls != 2 {
				t.Error("the next request's deadline was touched")
			}
			time.Sleep(time.Hour)
			if books.expire(time.Now()); raw.past {
				t.Error("a busy connection expired")
			}
			books.track(c, http.StateClosed)
			if got := books.counts(); got != (tally{}) {
				t.Errorf("counts = %+v, want none open", got)
			}
			if len(books.list()) > 0 {
				t.Error("a closed connection is still on record")
			}
		})
	}
}
