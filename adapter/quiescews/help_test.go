// SPDX-License-Identifier: Apache-2.0

package quiescews

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-quiesce/quiesce/drain"
)

// far bounds what should take no time, on a machine that has other things to do.
const far = 20 * time.Second

// A site is a server with websockets at every path, and how it is drained.
type site struct {
	addr  string
	drain func(context.Context) error
	force func()
	told  <-chan struct{} // closed when clients are advised to leave
}

// each runs a test with both kinds of servers, which tell at most atOnce clients
// at a time and all of them at once if that is 0.
func each(t *testing.T, atOnce int, options []Option, f func(*testing.T, *Registry, func(http.HandlerFunc) *site)) {
	t.Run("drain.Server", func(t *testing.T) {
		f(t, New(options...), func(h http.HandlerFunc) *site { return ours(t, h, drain.WithPace(0, atOnce)) })
	})
	t.Run("http.Server", func(t *testing.T) {
		g := New(append([]Option{WithPace(0, atOnce)}, options...)...)
		f(t, g, func(h http.HandlerFunc) *site { return foreign(t, g, h) })
	})
}

// ours serves with a drain.Server.
func ours(t *testing.T, h http.HandlerFunc, pace drain.Option) *site {
	t.Helper()
	ln := listen(t)
	told := make(chan struct{})
	var first sync.Once
	watched := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first.Do(func() {
			go func() {
				<-drain.From(r.Context()).Done()
				close(told)
			}()
		})
		h(w, r)
	})
	s := drain.NewServer(&http.Server{Handler: watched}, drain.WithListener(ln), pace)
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	go s.Serve(context.Background())
	t.Cleanup(s.Force)
	return &site{ln.Addr().String(), s.Drain, s.Force, told}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// foreign serves with net/http, and drains the registry.
func foreign(t *testing.T, g *Registry, h http.HandlerFunc) *site {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c := g.Component()
	t.Cleanup(c.Force)
	return &site{s.Listener.Addr().String(), c.Drain, c.Force, g.advisor.Handle().Done()}
}

func (s *site) drainIn(d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return s.drain(ctx)
}

// begin drains on a goroutine, and returns when clients are told.
func (s *site) begin(d time.Duration) <-chan error {
	done := make(chan error, 1)
	go func() { done <- s.drainIn(d) }()
	<-s.told
	return done
}

func dial(t *testing.T, s *site) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), "ws://"+s.addr+"/feed", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// dialMute returns a client that reads nothing and answers nothing.
func dialMute(t *testing.T, s *site) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprintf(c, "GET /mute HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", resp, err)
	}
	return c
}

// echo is a handler that answers every message.
func echo(t *testing.T, g *Registry, in chan<- struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := g.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		in <- struct{}{}
		for {
			kind, m, err := c.Read(context.Background())
			if err != nil {
				return
			}
			if !c.Work.Enter() {
				return
			}
			err = c.Write(context.Background(), kind, m)
			c.Work.Leave()
			if err != nil {
				t.Errorf("answer: %v", err)
				return
			}
		}
	}
}

func within[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(far):
		t.Fatalf("%s: nothing after %v", what, far)
		panic("unreachable")
	}
}

// wantClose reads up to the close frame.
func wantClose(t *testing.T, c *websocket.Conn, code websocket.StatusCode, reason string) {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), far)
		_, r, err := c.Reader(ctx)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		cancel()
		if err == nil {
			continue
		}
		if got := websocket.CloseStatus(err); got != code {
			t.Errorf("closed with %v: %v, want %v", got, err, code)
		} else if want := (websocket.CloseError{Code: code, Reason: reason}); !closedAs(err, want) {
			t.Errorf("closed as %v, want %v", err, want)
		}
		return
	}
}
