// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// clientOf returns Go's own client for one protocol, with connections of its own.
func (r *rig) clientOf(proto string) *http.Client {
	if proto == "HTTP/2.0" {
		return r.client2()
	}
	c := r.client2()
	tr := c.Transport.(*http.Transport)
	tr.Protocols.SetUnencryptedHTTP2(false)
	tr.Protocols.SetHTTP1(true)
	return c
}

// fetch returns the body of an answer.
func fetch(c *http.Client, path string) (string, error) {
	resp, err := c.Get("http://test" + path)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// net/http, TestServerShutdown: the request in flight is finished, the next one is
// refused, the functions registered on shutdown run, the connection counts as busy
// meanwhile, and the end is without error. net/http closes the listener before it
// runs the functions. Here they run first: they belong to the stage in which
// clients are told to leave and can still come.
func TestStopFinishesOneAndRefusesTheNext(t *testing.T) {
	for proto, busy := range map[string]Counts{"HTTP/1.1": {Busy: 1}, "HTTP/2.0": {HTTP2Busy: 1}} {
		t.Run(proto, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, release, told := make(chan struct{}), make(chan struct{}), make(chan struct{})
				srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					close(in)
					<-release
					io.WriteString(w, r.Proto)
				})}
				srv.RegisterOnShutdown(func() { close(told) })
				r := newRig2(t, srv)
				client := r.clientOf(proto)
				answered := make(chan string, 1)
				go func() {
					body, err := fetch(client, "/")
					if err != nil {
						t.Errorf("the request in flight: %v", err)
					}
					answered <- body
				}()
				<-in
				synctest.Wait()
				if got := r.Counts(); got != busy {
					t.Errorf("Counts = %+v, want %+v", got, busy)
				}
				done := r.drainFor(t.Context())
				<-told
				time.Sleep(time.Minute)
				if body, err := fetch(client, "/"); err == nil {
					t.Errorf("a request after the door was closed: %q", body)
				}
				close(release)
				if got := <-answered; got != proto {
					t.Errorf("answer = %q, want %q", got, proto)
				}
				r.wantDrained(done, time.Minute)
				r.end()
			})
		})
	}
}

// sequence notes the states of the one connection that it is for.
type sequence struct {
	mu   sync.Mutex
	conn net.Conn
	seen []http.ConnState
	odd  bool // somebody else's state came
}

func (s *sequence) note(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil && state == http.StateNew {
		s.conn = c
	}
	s.odd = s.odd || c == nil || c != s.conn
	s.seen = append(s.seen, state)
}

// stateHandler is the server under TestStatesOfConnections.
func stateHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", text("hello"))
	mux.HandleFunc("/close", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		io.WriteString(w, "hello")
	})
	take := func(w http.ResponseWriter) {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\nhello")
			c.Close()
		}
	}
	mux.HandleFunc("/hijack", func(w http.ResponseWriter, _ *http.Request) { take(w) })
	mux.HandleFunc("/hijack-panic", func(w http.ResponseWriter, _ *http.Request) {
		take(w)
		panic("after the hijack")
	})
	return mux
}

// net/http, TestServerConnState: a hook sees the states of a connection in their
// order, whichever way it goes, and the same connection in all of them. The last
// case is ours: what a drain closes is reported as closed.
func TestStatesOfConnections(t *testing.T) {
	const newConn, active, idle, over, taken = http.StateNew, http.StateActive, http.StateIdle, http.StateClosed, http.StateHijacked
	get := func(paths ...string) func(*rig, *client) {
		return func(r *rig, c *client) {
			for _, path := range paths {
				r.mustGet(c, path, "hello")
			}
		}
	}
	say := func(text string) func(*rig, *client) {
		return func(r *rig, c *client) {
			io.WriteString(c, text)
			io.Copy(io.Discard, c)
		}
	}
	for _, tt := range []struct {
		name string
		do   func(*rig, *client)
		want []http.ConnState
	}{
		{"the server closes", get("/", "/close"), []http.ConnState{newConn, active, idle, active, over}},
		{
			"the client asks for it", say("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"),
			[]http.ConnState{newConn, active, over},
		},
		{"hijacked", get("/hijack"), []http.ConnState{newConn, active, taken}},
		{"hijacked, then a panic", get("/hijack-panic"), []http.ConnState{newConn, active, taken}},
		{"nothing said", func(_ *rig, c *client) { c.Close() }, []http.ConnState{newConn, over}},
		{"nonsense", say("NO REQUEST\r\n\r\n"), []http.ConnState{newConn, active, over}},
		{
			"the client closes", func(r *rig, c *client) { r.mustGet(c, "/", "hello"); c.Close() },
			[]http.ConnState{newConn, active, idle, over},
		},
		{
			"drained", func(r *rig, c *client) {
				r.mustGet(c, "/", "hello")
				synctest.Wait()
				r.wantDrained(r.drainFor(r.t.Context()), adviseMost)
			},
			[]http.ConnState{newConn, active, idle, over},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := new(sequence)
				r := newRig(t, &http.Server{Handler: stateHandler(), ConnState: s.note, ErrorLog: log.New(io.Discard, "", 0)})
				c := r.dial()
				tt.do(r, c)
				synctest.Wait()
				if s.mu.Lock(); !slices.Equal(s.seen, tt.want) || s.odd {
					t.Errorf("states %v, of other connections %v; want %v", s.seen, s.odd, tt.want)
				}
				s.mu.Unlock()
				if n := r.Counts(); n != (Counts{}) {
					t.Errorf("Counts = %+v, want none", n)
				}
				r.end()
			})
		})
	}
}

// net/http, TestServerConnStateNew: a connection is reported as new before Serve
// goes on, so that what the hook writes may be read when Serve has returned. A
// drain rests on the same: when Serve has returned everybody is on the books.
func TestNewIsReportedOnTheAcceptingGoroutine(t *testing.T) {
	saw := false // no lock: the race detector checks the order
	r := newRig(t, &http.Server{ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			saw = true
		}
	}})
	defer r.dial().Close()
	r.pipes.Close() // behind the server's back, which ends Serve
	if err := <-r.runErr; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve = %v, want %v", err, net.ErrClosed)
	}
	if !saw {
		t.Error("no connection was reported as new")
	}
	r.Force()
}

// net/http, TestServerKeepAlivesEnabled: once keep-alives are off each request is
// the only one of its connection. Here a drain switches, and not the user: a switch
// on the server that was given has no effect, as it is not an exported field. Clients
// of HTTP/2 that come now are told when they cannot come back any more:
// TestDrainTellsHTTP2Once.
func TestNoConnectionIsUsedTwiceOnceAdvised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := &http.Server{Handler: text("hello")}
		srv.SetKeepAlivesEnabled(false)
		r := newRig(t, srv)
		client := r.clientOf("HTTP/1.1")
		holder := r.dial() // holds the door open
		wantReused := func(want bool) {
			t.Helper()
			var got []bool
			trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { got = append(got, i.Reused) }}
			req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", "http://test/", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			synctest.Wait()
			if !slices.Equal(got, []bool{want}) {
				t.Errorf("connections reused: %v, want one, %v", got, want)
			}
		}
		wantReused(false)
		wantReused(true)
		done := r.drainFor(t.Context())
		time.Sleep(adviseMost / 2)
		wantReused(true) // and told
		wantReused(false)
		wantReused(false)
		r.wantEOF(holder)
		r.wantDrained(done, adviseMost)
		r.end()
	})
}

// halfClosing is a connection that can be closed by halves, and says when.
type halfClosing struct {
	net.Conn
	mu           sync.Mutex
	wrote, ended time.Time
}

func (c *halfClosing) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrote = time.Now()
	return nil
}

func (c *halfClosing) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended.IsZero() {
		c.ended = time.Now()
	}
	return c.Conn.Close()
}

// net/http, TestServerGracefulClose: who sends a large body that nobody reads gets
// the answer, as the server closes its half first and waits before it closes the
// other, which resets. For that it must find CloseWrite through our wrapper, and a
// drain must wait for it too.
func TestUnreadBodyDoesNotCostTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, release := make(chan struct{}), make(chan struct{})
		r := newRig(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(in)
			<-release
			http.Error(w, "no", http.StatusUnauthorized)
		})})
		near, far := net.Pipe()
		conn := &halfClosing{Conn: far}
		r.pipes.conns <- conn
		const size = "5000000"
		go func() {
			io.WriteString(near, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: "+size+"\r\n\r\n")
			near.Write(make([]byte, 1<<20)) // until the server has had enough
		}()
		<-in
		start := time.Now()
		done := r.drainFor(t.Context())
		time.Sleep(adviseMost)
		close(release)
		c := newClient(near)
		if body, told, err := c.receive(); err != nil || strings.TrimSpace(body) != "no" || !told {
			t.Errorf("answer = %q, told %v, %v; want no and Connection: close", body, told, err)
		}
		r.wantEOF(c)
		conn.mu.Lock()
		wrote, ended := conn.wrote, conn.ended
		conn.mu.Unlock()
		if wrote.IsZero() || !ended.After(wrote) {
			t.Errorf("closed our half at %v, all at %v; want one after the other", wrote, ended)
		}
		r.wantDrained(done, ended.Sub(start))
		r.end()
	})
}

// net/http, TestServerCloseDeadlock: closing twice does no harm, whatever the
// server is at.
func TestForceTwice(t *testing.T) {
	s := NewServer(&http.Server{})
	s.Force()
	s.Force()
	r := newRig(t, &http.Server{})
	r.Force()
	r.Force()
	r.end()
}

// net/http, TestServerHijackGetsBackgroundByte, TestServerHijackGetsBackgroundByte_big
// and TestServerHijackGetsFullBody: a handler that takes its connection over finds
// in its reader all that has arrived since the header, also what the server read
// while it watched the connection, and its context goes on. So it is in a drain.
func TestHijackerGetsWhatHasArrived(t *testing.T) {
	for _, tt := range []struct {
		name        string
		early, late string // sent with the header, and when the handler runs
		buffered    int    // that the reader holds, at least
	}{
		{"a byte in the background", "", "foo", 1},
		{"a body", strings.Repeat("x", 100<<10), "", 1},
		{"more than a buffer", "", strings.Repeat("x", 8<<10), 1},
		{"nothing", "", "", 0},
	} {
		for _, draining := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					in, release := make(chan struct{}), make(chan struct{})
					want := []byte(tt.early + tt.late)
					r := newRig(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						close(in)
						<-release
						c, rw, err := http.NewResponseController(w).Hijack()
						if err != nil {
							t.Error(err)
							return
						}
						defer c.Close()
						if n := rw.Reader.Buffered(); n < tt.buffered {
							t.Errorf("%d bytes in the reader, want %d or more", n, tt.buffered)
						}
						got := make([]byte, len(want))
						if _, err := io.ReadFull(rw, got); err != nil || !bytes.Equal(got, want) {
							t.Errorf("read %d bytes, %v; want the %d that were sent", len(got), err, len(want))
						}
						if err := r.Context().Err(); err != nil {
							t.Errorf("context: %v", err)
						}
					})})
					c := r.dial()
					go func() {
						io.WriteString(c, "GET / HTTP/1.1\r\nHost: test\r\n\r\n"+tt.early)
						if <-in; tt.late != "" {
							io.WriteString(c, tt.late)
						}
					}()
					<-in
					synctest.Wait()
					var done <-chan drained
					if draining {
						done = r.drainFor(t.Context())
						time.Sleep(3 * adviseMost)
					}
					close(release)
					r.wantEOF(c)
					if draining {
						r.wantDrained(done, 3*adviseMost)
					}
					r.end()
				})
			})
		}
	}
}
