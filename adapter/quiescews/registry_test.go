// SPDX-License-Identifier: Apache-2.0

package quiescews

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
)

func closedAs(err error, want websocket.CloseError) bool {
	got, ok := errors.AsType[websocket.CloseError](err)
	return ok && got == want
}

func TestEveryClientIsToldToGo(t *testing.T) {
	const n = 20
	each(t, 0, nil, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		in := make(chan struct{}, n)
		s := serve(echo(t, g, in))
		var clients []*websocket.Conn
		for range n {
			clients = append(clients, dial(t, s))
			within(t, "a handler", in)
		}
		drained := make(chan error, 1)
		go func() { drained <- s.drainIn(far) }()
		var wg sync.WaitGroup
		for _, c := range clients {
			wg.Go(func() { wantClose(t, c, websocket.StatusGoingAway, "") })
		}
		wg.Wait()
		if err := within(t, "drain", drained); err != nil {
			t.Errorf("Drain = %v", err)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if n := len(g.conns); n != 0 {
			t.Errorf("%d connections are kept", n)
		}
	})
}

func TestCloseSaysWhatWasAsked(t *testing.T) {
	long := strings.Repeat("x", 200)
	options := []Option{WithClose(websocket.StatusServiceRestart, long)}
	each(t, 0, options, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		in := make(chan struct{}, 1)
		s := serve(echo(t, g, in))
		c := dial(t, s)
		within(t, "the handler", in)
		drained := make(chan error, 1)
		go func() { drained <- s.drainIn(far) }()
		wantClose(t, c, websocket.StatusServiceRestart, long[:123])
		if err := within(t, "drain", drained); err != nil {
			t.Errorf("Drain = %v", err)
		}
	})
}

// A message that is being handled is answered before the close frame.
func TestWorkHoldsTheCloseBack(t *testing.T) {
	each(t, 0, nil, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		in, out := make(chan struct{}), make(chan struct{})
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			c, err := g.Accept(w, r, nil)
			if err != nil {
				return
			}
			defer c.CloseNow()
			if !c.Work.Enter() {
				t.Error("refused before a drain")
			}
			close(in)
			<-out
			if err := c.Write(context.Background(), websocket.MessageText, []byte("answer")); err != nil {
				t.Errorf("answer: %v", err)
			}
			c.Work.Leave()
			_, _, _ = c.Read(context.Background())
			if c.Work.Enter() {
				t.Error("admitted after the turn")
			}
		})
		c := dial(t, s)
		within(t, "the handler", in)
		drained := s.begin(far)
		close(out)
		if _, m, err := c.Read(t.Context()); err != nil || string(m) != "answer" {
			t.Errorf("got %q, %v", m, err)
		}
		wantClose(t, c, websocket.StatusGoingAway, "")
		if err := within(t, "drain", drained); err != nil {
			t.Errorf("Drain = %v", err)
		}
	})
}

// The connection is not all: what a handler does after it is waited for too.
func TestDrainWaitsForHandlers(t *testing.T) {
	each(t, 0, nil, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		in, closed, out := make(chan struct{}), make(chan struct{}), make(chan struct{})
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			c, err := g.Accept(w, r, nil)
			if err != nil {
				return
			}
			close(in)
			_, _, _ = c.Read(context.Background())
			c.CloseNow()
			close(closed)
			<-out
			runtime.Goexit() // as good as a return
		})
		c := dial(t, s)
		within(t, "the handler", in)
		drained := s.begin(far)
		wantClose(t, c, websocket.StatusGoingAway, "")
		<-closed
		select {
		case err := <-drained:
			t.Errorf("Drain = %v while the handler goes on", err)
		default:
		}
		close(out)
		if err := within(t, "drain", drained); err != nil {
			t.Errorf("Drain = %v", err)
		}
	})
}

// A connection that was given to another goroutine is waited for.
func TestConnectionsOutliveHandlers(t *testing.T) {
	each(t, 0, nil, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		hub := make(chan *Conn, 1)
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			if c, err := g.Accept(w, r, nil); err == nil {
				hub <- c
			}
		})
		c := dial(t, s)
		kept := within(t, "the connection", hub)
		kept.CloseRead(context.Background())
		if err := kept.Write(t.Context(), websocket.MessageText, []byte("still here")); err != nil {
			t.Errorf("write: %v", err)
		}
		if _, m, err := c.Read(t.Context()); err != nil || string(m) != "still here" {
			t.Errorf("got %q, %v", m, err)
		}
		drained := make(chan error, 1)
		go func() { drained <- s.drainIn(far) }()
		wantClose(t, c, websocket.StatusGoingAway, "")
		if err := within(t, "drain", drained); err != nil {
			t.Errorf("Drain = %v", err)
		}
	})
}

func TestClosesArePaced(t *testing.T) {
	const n, atOnce = 30, 4
	each(t, atOnce, nil, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		var told, most atomic.Int32
		in := make(chan struct{}, n)
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			c, err := g.Accept(w, r, nil)
			if err != nil {
				return
			}
			in <- struct{}{}
			_, _, _ = c.Read(context.Background())
			now := told.Add(1)
			for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
			}
			told.Add(-1)
		})
		var wg sync.WaitGroup
		for range n {
			c := dial(t, s)
			within(t, "a handler", in)
			wg.Go(func() { wantClose(t, c, websocket.StatusGoingAway, "") })
		}
		if err := s.drainIn(far); err != nil {
			t.Errorf("Drain = %v", err)
		}
		wg.Wait()
		if m := most.Load(); m < 1 || m > atOnce {
			t.Errorf("%d were told and had not ended, want at most %d", m, atOnce)
		}
	})
}

func TestUpgradesAreRefusedInADrain(t *testing.T) {
	each(t, 0, nil, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		in, out := make(chan struct{}), make(chan struct{})
		refused := make(chan error, 1)
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/late" { // began before the drain
				close(in)
				<-out
			}
			c, err := g.Accept(w, r, nil)
			refused <- err
			if err == nil {
				c.CloseNow()
			}
		})
		status := make(chan int, 1)
		go func() {
			_, resp, err := websocket.Dial(t.Context(), "ws://"+s.addr+"/late", nil)
			if err == nil || resp == nil {
				status <- -1
				return
			}
			if resp.Header.Get("Retry-After") == "" || !resp.Close {
				t.Errorf("refused with %v", resp.Header)
			}
			status <- resp.StatusCode
		}()
		within(t, "the handler", in)
		drained := s.begin(far)
		close(out)
		if err := within(t, "the refusal", refused); !errors.Is(err, drain.ErrDraining) {
			t.Errorf("Accept = %v, want one that wraps ErrDraining", err)
		}
		if code := within(t, "the status", status); code != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", code)
		}
		if err := within(t, "drain", drained); err != nil {
			t.Errorf("Drain = %v", err)
		}
	})
}

// A client that never answers the close frame is cut.
func TestHandshakeIsBounded(t *testing.T) {
	options := []Option{WithHandshakeTimeout(50 * time.Millisecond)}
	each(t, 0, options, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		in := make(chan struct{}, 1)
		s := serve(echo(t, g, in))
		c := dialMute(t, s)
		within(t, "the handler", in)
		start := time.Now()
		if err := s.drainIn(far); err != nil {
			t.Errorf("Drain = %v", err)
		}
		if took := time.Since(start); took > 4*time.Second {
			t.Errorf("took %v: the library's own time", took)
		}
		frame, _ := io.ReadAll(c)
		if want := "\x88\x02\x03\xe9"; string(frame) != want { // close, 2 bytes, 1001
			t.Errorf("the client got %q, want %q", frame, want)
		}
	})
}

func TestOverrunNamesWhatIsLeftAndForceCutsIt(t *testing.T) {
	each(t, 0, nil, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		in := make(chan struct{}, 1)
		over := make(chan struct{})
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			defer close(over)
			c, err := g.Accept(w, r, nil)
			if err != nil {
				return
			}
			defer c.CloseNow()
			in <- struct{}{}
			_, _, _ = c.Read(context.Background())
		})
		c := dialMute(t, s)
		within(t, "the handler", in)
		err := s.drainIn(100 * time.Millisecond)
		if err == nil || !strings.Contains(err.Error(), "/mute from "+c.LocalAddr().String()) {
			t.Errorf("Drain = %v, want one that names the connection", err)
		}
		s.force()
		within(t, "the handler's return", over)
	})
}

func TestStopWaitsForHandlers(t *testing.T) {
	g := New()
	in, out := make(chan struct{}), make(chan struct{})
	s := foreign(t, g, func(w http.ResponseWriter, r *http.Request) {
		c, err := g.Accept(w, r, nil)
		if err != nil {
			return
		}
		close(in)
		_, _, _ = c.Read(context.Background())
		<-out
	})
	dial(t, s)
	within(t, "the handler", in)
	stop := g.Component().Stop
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	held, ok := errors.AsType[*drain.HeldError](stop(ctx))
	if !ok || held.InFlight != 1 {
		t.Errorf("Stop with a handler that goes on = %v", held)
	}
	close(out)
	if err := stop(context.Background()); err != nil {
		t.Errorf("Stop = %v", err)
	}
	if _, _, err := websocket.Dial(t.Context(), "ws://"+s.addr+"/late", nil); err == nil {
		t.Error("accepted after Stop")
	}
}

// What is no websocket is answered by the library, and holds nothing.
func TestBadRequestsHoldNothing(t *testing.T) {
	each(t, 0, nil, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			if _, err := g.Accept(w, r, nil); err == nil {
				t.Error("accepted")
			}
		})
		resp, err := http.Get("http://" + s.addr)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		http.DefaultClient.CloseIdleConnections()
		if resp.StatusCode != http.StatusUpgradeRequired {
			t.Errorf("status %d", resp.StatusCode)
		}
		if err := s.drainIn(far); err != nil {
			t.Errorf("Drain = %v", err)
		}
	})
}

// The library leaves a note for gin, which must still find its recipient.
func TestWriteHeaderNowIsPassedOn(t *testing.T) {
	g := New()
	var flushed atomic.Bool
	s := foreign(t, g, func(w http.ResponseWriter, r *http.Request) {
		if c, err := g.Accept(&ginWriter{w, &flushed}, r, nil); err == nil {
			c.CloseNow()
		}
	})
	dial(t, s)
	if !flushed.Load() {
		t.Error("WriteHeaderNow was not called")
	}
}

type ginWriter struct {
	http.ResponseWriter
	flushed *atomic.Bool
}

func (w *ginWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
func (w *ginWriter) WriteHeaderNow()             { w.flushed.Store(true) }

// As the parts of an app: quiesce.HTTP needs no component for its websockets.
func TestInAnApp(t *testing.T) {
	g := New()
	in := make(chan struct{}, 1)
	app := quiesce.New("test")
	ln := listen(t)
	app.Add("http", quiesce.HTTPOn(&http.Server{Handler: echo(t, g, in)}, ln, drain.WithPace(0, 0)))
	ran := make(chan error, 1)
	go func() { ran <- app.Run(context.Background()) }()
	c := dial(t, &site{addr: ln.Addr().String()})
	within(t, "the handler", in)
	app.Shutdown(nil)
	wantClose(t, c, websocket.StatusGoingAway, "")
	if err := within(t, "run", ran); err != nil && !errors.Is(err, quiesce.ErrShutdown) {
		t.Errorf("Run = %v", err)
	}
}
