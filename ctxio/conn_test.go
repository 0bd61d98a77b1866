// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/ctxio"
)

func onEach(t *testing.T, f func(t *testing.T, a, b net.Conn)) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			a, b := tr.pair(t)
			f(t, a, b)
		})
	}
}

func TestCancelInterruptsRead(t *testing.T) {
	onEach(t, func(t *testing.T, a, b net.Conn) {
		ctx, cancel := stoppable(t)
		c := ctxio.NewConn(ctx, a)
		var err error
		read := make(chan struct{})
		go func() {
			defer close(read)
			_, err = c.Read(make([]byte, 1))
		}()
		blocked(t, "ctxio.(*conn).Read", ".Read(")
		cancel(errStop)
		wait(t, "Read", read)
		wantCause(t, err, errStop)
		if e, ok := errors.AsType[*net.OpError](err); !ok || e.Op != "read" || e.Timeout() || isTemporary(e) {
			t.Errorf("error = %#v, want a *net.OpError for read, neither a time-out nor temporary", err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, errStop) {
			t.Errorf("the next Read returned %v", err)
		}

		// The connection is intact.
		c.SetContext(context.Background())
		go b.Write([]byte("x"))
		p := make([]byte, 8)
		within(t, "Read under another context", func() {
			if n, err := c.Read(p); string(p[:n]) != "x" || err != nil {
				t.Errorf("Read = %q, %v", p[:n], err)
			}
		})
	})
}

func TestCancelInterruptsWrite(t *testing.T) {
	onEach(t, func(t *testing.T, a, b net.Conn) {
		ctx, cancel := stoppable(t)
		c := ctxio.NewConn(ctx, a)
		var err error
		wrote := make(chan struct{})
		go func() {
			defer close(wrote)
			err = fill(c)
		}()
		blocked(t, "ctxio.(*conn).Write", ".Write(")
		cancel(errStop)
		wait(t, "Write", wrote)
		wantCause(t, err, errStop)

		c.SetContext(context.Background())
		go io.Copy(io.Discard, b)
		within(t, "Write under another context", func() {
			_, err := c.Write([]byte("x"))
			if _, isTLS := a.(*tls.Conn); err != nil && !isTLS { // which cannot go on
				t.Errorf("Write = %v", err)
			}
		})
	})
}

// A deadline that a context has is like any other end of it.
func TestContextDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer b.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c := ctxio.NewConn(ctx, a)
		defer c.Close()
		start := time.Now()
		_, err := c.Read(make([]byte, 1))
		if d := time.Since(start); d != time.Minute {
			t.Errorf("Read took %v, want %v", d, time.Minute)
		}
		wantCause(t, err, context.DeadlineExceeded)
		if e, ok := errors.AsType[net.Error](err); !ok || !e.Timeout() || isTemporary(e) {
			t.Errorf("error = %#v, want a time-out that is not temporary", err)
		}
	})
}

// The caller's deadlines hold before, and again after, a context's end.
func TestCallersDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer b.Close()
		ctx, cancel := context.WithCancelCause(t.Context())
		c := ctxio.NewConn(ctx, a)
		defer c.Close()

		timesOut := func(op string, f func([]byte) (int, error), after time.Duration) {
			t.Helper()
			start := time.Now()
			_, err := f(make([]byte, 1))
			if !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, errStop) {
				t.Errorf("%s = %v, want os.ErrDeadlineExceeded", op, err)
			}
			if d := time.Since(start); d != after {
				t.Errorf("%s took %v, want %v", op, d, after)
			}
		}
		c.SetDeadline(time.Now().Add(time.Second))
		timesOut("Read", c.Read, time.Second)
		timesOut("Write", c.Write, 0)

		c.SetReadDeadline(time.Now().Add(time.Hour))
		cancel(errStop)
		synctest.Wait()
		c.SetWriteDeadline(time.Now().Add(time.Minute)) // while the context has ended
		_, err := c.Write(make([]byte, 1))
		wantCause(t, err, errStop)

		c.SetContext(t.Context())
		timesOut("Write", c.Write, time.Minute)
		timesOut("Read", c.Read, time.Hour-time.Minute)
	})
}

// A context for one direction leaves the other alone.
func TestDirections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer b.Close()
		reading, cancel := context.WithCancelCause(t.Context())
		c := ctxio.NewConn(t.Context(), a)
		defer c.Close()
		c.SetReadContext(reading)
		go func() {
			time.Sleep(time.Minute)
			cancel(errStop)
		}()
		_, err := c.Read(make([]byte, 1))
		wantCause(t, err, errStop)

		go io.ReadFull(b, make([]byte, 1))
		if _, err := c.Write([]byte("x")); err != nil {
			t.Errorf("Write = %v", err)
		}
		c.SetReadContext(context.Background())
		writing, cancel := context.WithCancelCause(t.Context())
		cancel(errStop)
		c.SetWriteContext(writing)
		_, err = c.Write([]byte("x"))
		wantCause(t, err, errStop)
		go b.Write([]byte("y"))
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Errorf("Read = %v", err)
		}
	})
}

// A Read that waits goes on under the context that is set meanwhile.
func TestSetContextWhileReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer b.Close()
		first, cancelFirst := context.WithCancelCause(t.Context())
		second, cancelSecond := context.WithCancelCause(t.Context())
		c := ctxio.NewConn(first, a)
		defer c.Close()
		var err error
		read := make(chan struct{})
		go func() {
			defer close(read)
			_, err = c.Read(make([]byte, 1))
		}()
		synctest.Wait()
		c.SetContext(second)
		cancelFirst(errors.New("of a context that is not bound"))
		synctest.Wait()
		select {
		case <-read:
			t.Fatalf("Read = %v", err)
		default:
		}
		cancelSecond(errStop)
		<-read
		wantCause(t, err, errStop)
	})
}

// Close lets go of the context and wakes who waits, as net's own does.
func TestCloseConn(t *testing.T) {
	onEach(t, func(t *testing.T, a, _ net.Conn) {
		before, ctx, late := newCounting(t), newCounting(t), newCounting(t)
		c := ctxio.NewConn(before, a)
		c.SetContext(ctx)
		if before.held.Load() != 0 || ctx.held.Load() != 1 {
			t.Errorf("the contexts are held %d and %d times", before.held.Load(), ctx.held.Load())
		}
		read := make(chan error, 1)
		go func() {
			_, err := c.Read(make([]byte, 1))
			read <- err
		}()
		blocked(t, "ctxio.(*conn).Read", ".Read(")
		if err := c.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		within(t, "Read after Close", func() {
			if err := <-read; err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("Read = %v, want that it was closed", err)
			}
		})
		c.SetContext(late)
		if n := ctx.held.Load() + late.held.Load(); n != 0 {
			t.Errorf("the contexts are still held %d times", n)
		}
	})
}

// The optional methods are those of the connection below.
func TestMethodsOfConn(t *testing.T) {
	udp, err := net.Dial("udp", "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	optional := []reflect.Type{
		reflect.TypeFor[io.ReaderFrom](),
		reflect.TypeFor[interface{ CloseWrite() error }](),
		reflect.TypeFor[interface{ CloseRead() error }](),
		reflect.TypeFor[syscall.Conn](),
	}
	check := func(t *testing.T, inner net.Conn) {
		c := ctxio.NewConn(t.Context(), inner)
		for _, m := range optional {
			if got, want := reflect.TypeOf(c).Implements(m), reflect.TypeOf(inner).Implements(m); got != want {
				t.Errorf("%T wrapped has %v: %v, want %v", inner, m, got, want)
			}
		}
		if c.NetConn() != inner {
			t.Error("NetConn is not the connection that was wrapped")
		}
	}
	onEach(t, func(t *testing.T, a, _ net.Conn) { check(t, a) })
	t.Run("udp", func(t *testing.T) { check(t, udp) })
	for _, c := range combinations() {
		check(t, c)
	}
}

func TestHalfClose(t *testing.T) {
	a, b := tcpPair(t)
	c := ctxio.NewConn(t.Context(), a)
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(b); len(got) != 0 || err != nil {
		t.Errorf("the peer read %q, %v", got, err)
	}
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {}); err != nil {
		t.Errorf("Control = %v", err)
	}
	if err := c.(interface{ CloseRead() error }).CloseRead(); err != nil {
		t.Error(err)
	}
}

// What reaches net is what net can hand to sendfile and splice.
func TestCopyReachesTheKernel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, src := range []struct {
		name string
		r    func(t *testing.T) io.Reader
		want string
	}{
		{"file", func(*testing.T) io.Reader { return f }, "os.fileWithoutWriteTo"},
		{"tcp", func(t *testing.T) io.Reader { return peerThatSays(t, tcpPair, "from a file") }, "net.tcpConnWithoutWriteTo"},
		{"unix", func(t *testing.T) io.Reader { return peerThatSays(t, unixPair, "from a file") }, "*net.UnixConn"},
	} {
		t.Run(src.name, func(t *testing.T) {
			a, b := tcpPair(t)
			spy := &spy{TCPConn: a.(*net.TCPConn)}
			c := ctxio.NewConn(t.Context(), spy)
			n, err := io.Copy(c, src.r(t))
			if n != 11 || err != nil {
				t.Errorf("Copy = %d, %v", n, err)
			}
			if got := strings.Join(spy.sources, " "); got != src.want {
				t.Errorf("net was given %s, want %s", got, src.want)
			}
			c.Close()
			if got, _ := io.ReadAll(b); string(got) != "from a file" {
				t.Errorf("the peer read %q", got)
			}
		})
	}
}

func peerThatSays(t *testing.T, pair func(testing.TB) (net.Conn, net.Conn), text string) ctxio.Conn {
	a, b := pair(t)
	io.WriteString(b, text)
	b.Close()
	return ctxio.NewConn(t.Context(), a)
}

// A part of what a Conn has to say is copied by whatever way net finds.
func TestCopyOfAPart(t *testing.T) {
	for _, pair := range []transport{transports[0], transports[1]} {
		t.Run(pair.name, func(t *testing.T) {
			a, b := tcpPair(t)
			c := ctxio.NewConn(t.Context(), a)
			if n, err := io.CopyN(c, peerThatSays(t, pair.pair, "a part of it"), 6); n != 6 || err != nil {
				t.Errorf("CopyN = %d, %v", n, err)
			}
			c.Close()
			if got, _ := io.ReadAll(b); string(got) != "a part" {
				t.Errorf("the peer read %q", got)
			}
		})
	}
}

// A copy between two Conns ends with either's context, and says whose it was.
func TestCopyObeys(t *testing.T) {
	for _, side := range []string{"source", "destination"} {
		for _, pair := range []transport{transports[0], transports[1]} {
			t.Run(side+"/"+pair.name, func(t *testing.T) {
				in, _ := pair.pair(t)
				out, _ := tcpPair(t)
				ctx, cancel := stoppable(t)
				src, dst := ctxio.NewConn(t.Context(), in), ctxio.NewConn(t.Context(), out)
				if side == "source" {
					src.SetContext(ctx)
				} else {
					dst.SetContext(ctx)
				}
				var err error
				copied := make(chan struct{})
				go func() {
					defer close(copied)
					_, err = io.Copy(dst, src)
				}()
				blocked(t, "io.Copy(", "ctxio")
				cancel(errStop)
				if side == "destination" { // it is the source that waits
					in.Close()
				}
				wait(t, "Copy", copied)
				if side == "source" {
					wantCause(t, err, errStop)
				}
				if _, err := io.Copy(dst, src); err == nil {
					t.Error("the next Copy returned nil")
				}
			})
		}
	}
}

// A wakeful is a connection whose Read returns, and is seen to, before the call
// returns that interrupts it.
type wakeful struct {
	net.Conn
	woken    chan struct{}
	returned chan struct{}
}

func (w *wakeful) Read([]byte) (int, error) {
	<-w.woken
	return 0, os.ErrDeadlineExceeded
}

func (w *wakeful) SetReadDeadline(time.Time) error {
	close(w.woken)
	<-w.returned
	return nil
}

// Who is woken finds the cause, however early.
func TestCauseComesBeforeDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer b.Close()
		ctx, cancel := context.WithCancelCause(t.Context())
		w := &wakeful{a, make(chan struct{}), make(chan struct{})}
		c := ctxio.NewConn(ctx, w)
		go func() {
			time.Sleep(time.Second)
			cancel(errStop)
		}()
		_, err := c.Read(nil)
		close(w.returned)
		wantCause(t, err, errStop)
		c.Close()
	})
}

// What has no deadlines is closed, as nothing else would wake it.
func TestConnWithoutDeadlines(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	ctx, cancel := stoppable(t)
	c := ctxio.NewConn(ctx, noDeadlines{a})
	var err error
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, err = c.Read(make([]byte, 1))
	}()
	blocked(t, "ctxio.(*conn).Read", "net.(*pipe).Read")
	cancel(errStop)
	wait(t, "Read", read)
	wantCause(t, err, errStop)
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Read of the inner connection = %v, want that it is closed", err)
	}
}
