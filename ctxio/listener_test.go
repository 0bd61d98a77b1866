// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/ctxio"
)

// listeners are those with deadlines and one without.
var listeners = []struct {
	name     string
	deadline bool
	make     func(t *testing.T) net.Listener
}{
	{"tcp", true, func(t *testing.T) net.Listener { return listen(t, "tcp", "127.0.0.1:0") }},
	{"unix", true, func(t *testing.T) net.Listener { return listen(t, "unix", filepath.Join(t.TempDir(), "s")) }},
	{"tls", false, func(t *testing.T) net.Listener {
		config := &tls.Config{Certificates: []tls.Certificate{certificate()}}
		return tls.NewListener(listen(t, "tcp", "127.0.0.1:0"), config)
	}},
}

func TestCancelInterruptsAccept(t *testing.T) {
	for _, kind := range listeners {
		t.Run(kind.name, func(t *testing.T) {
			ctx, cancel := stoppable(t)
			l := ctxio.NewListener(ctx, kind.make(t))
			const accepters = 3
			errs := make(chan error, accepters)
			for range accepters {
				go func() {
					_, err := l.Accept()
					errs <- err
				}()
			}
			blocked(t, "ctxio.(*Listener).Accept")
			cancel(errStop)
			within(t, "Accept", func() {
				for range accepters {
					err := <-errs
					wantCause(t, err, errStop)
					if e, ok := errors.AsType[*net.OpError](err); !ok || e.Op != "accept" || isTemporary(e) {
						t.Errorf("error = %#v, want a *net.OpError for accept that is not temporary", err)
					}
				}
			})
			if got := l.Abandoned(); got == kind.deadline {
				t.Errorf("Abandoned = %v", got)
			}

			// Who comes now is accepted under the next context.
			dial(t, l)
			l.SetContext(t.Context())
			within(t, "Accept under another context", func() {
				c, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				c.Close()
			})
			if l.Abandoned() {
				t.Error("Abandoned after the call has come back")
			}
		})
	}
}

func dial(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial(l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// A listener's Accept that waits fails as it does without a context, and a
// connection that comes for nobody is closed.
func TestCloseListener(t *testing.T) {
	for _, kind := range listeners {
		t.Run(kind.name, func(t *testing.T) {
			l := ctxio.NewListener(t.Context(), kind.make(t))
			accepted := make(chan error, 1)
			go func() {
				_, err := l.Accept()
				accepted <- err
			}()
			blocked(t, "ctxio.(*Listener).Accept")
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			within(t, "Accept", func() {
				if err := <-accepted; !errors.Is(err, net.ErrClosed) {
					t.Errorf("Accept = %v, want net.ErrClosed", err)
				}
			})
		})
	}
}

// A slowListener gives out a connection when it is told to, even after Close.
type slowListener struct {
	net.Listener
	conns chan net.Conn
}

func (l *slowListener) Accept() (net.Conn, error) { return <-l.conns, nil }

// All orders of the end of a call, an Accept that gives up and Close leave no
// connection behind.
func TestRaceOfLateAccept(t *testing.T) {
	for range 300 {
		inner := &slowListener{listen(t, "tcp", "127.0.0.1:0"), make(chan net.Conn, 1)}
		ctx, cancel := context.WithCancelCause(t.Context())
		l := ctxio.NewListener(ctx, inner)
		a, b := net.Pipe()
		var wg sync.WaitGroup
		accepting := make(chan struct{})
		wg.Go(func() {
			close(accepting)
			if c, err := l.Accept(); err == nil {
				c.Close()
			}
		})
		<-accepting
		wg.Go(func() { inner.conns <- a })
		wg.Go(func() { cancel(errStop) })
		wg.Go(func() { l.Close() })
		wg.Wait()
		if len(inner.conns) > 0 {
			continue // no Accept was begun
		}
		within(t, "the connection's end", func() {
			if _, err := b.Read(make([]byte, 1)); err == nil {
				t.Error("the peer read something")
			}
		})
	}
}

// net/http's accept loop ends, also with a context whose cause calls itself
// temporary.
func TestServeEndsWithListener(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	l := ctxio.NewListener(ctx, listen(t, "tcp", "127.0.0.1:0"))
	within(t, "Serve", func() {
		err := new(http.Server).Serve(l)
		wantCause(t, err, context.DeadlineExceeded)
	})
}

func TestListenersOwnDeadline(t *testing.T) {
	ctx, cancel := stoppable(t)
	l := ctxio.NewListener(ctx, listen(t, "tcp", "127.0.0.1:0"))
	if err := l.SetDeadline(time.Unix(1000, 0)); err != nil {
		t.Fatal(err)
	}
	timesOut := func() {
		t.Helper()
		if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Accept = %v, want os.ErrDeadlineExceeded", err)
		}
	}
	timesOut()
	cancel(errStop)
	_, err := l.Accept()
	wantCause(t, err, errStop)
	l.SetContext(t.Context())
	timesOut()

	other := ctxio.NewListener(t.Context(), listeners[2].make(t))
	if err := other.SetDeadline(time.Now()); !errors.Is(err, os.ErrNoDeadline) {
		t.Errorf("SetDeadline = %v, want os.ErrNoDeadline", err)
	}
}
