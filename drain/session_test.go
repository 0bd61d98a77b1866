// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// startPiped is startConns on an in-memory listener.
func startPiped(t *testing.T, p Protocol, options ...Option) (*connsRig, *pipes) {
	t.Helper()
	l := newPipes()
	return startConns(t, p, append(options, WithListener(l))...), l
}

func dialPipe(t *testing.T, p *pipes) *client {
	t.Helper()
	c, err := p.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return newClient(c)
}

// after is a context with a deadline, for a bubble.
func after(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// Half-close as advice: the peer sees the end of our stream, finishes, and closes.
func TestConnsAdviseByHalfClose(t *testing.T) {
	overSockets(t, func(t *testing.T, p Protocol) {
		got := make(chan string, 1)
		p.Advise = CloseWrite
		p.Serve = func(_ context.Context, c net.Conn) {
			b, _ := io.ReadAll(c)
			got <- string(b)
		}
		r := startConns(t, p, WithPace(0, 0))
		c := r.dial()
		done := r.drain(t.Context())
		c.wantEOF(t)
		io.WriteString(c, "the rest")
		c.Close()
		if err := <-done; err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		if got := <-got; got != "the rest" {
			t.Errorf("Serve read %q, want the rest", got)
		}
		r.end()
	})
}

// Each is told once, at most so many at a time, and the time is spread.
func TestConnsAdviseIsPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		var mu sync.Mutex
		told := map[net.Conn]int{}
		now, most := 0, 0
		r, p := startPiped(t, Protocol{
			Serve: func(_ context.Context, c net.Conn) {
				io.Copy(io.Discard, c)
				mu.Lock()
				now--
				mu.Unlock()
			},
			Advise: func(_ context.Context, c net.Conn) {
				mu.Lock()
				told[c]++
				now++
				most = max(most, now)
				mu.Unlock()
				io.WriteString(c, "bye\n")
			},
		}, WithPace(10*time.Second, 2))
		for range n {
			c := dialPipe(t, p)
			go func() {
				c.in.ReadString('\n')
				time.Sleep(100 * time.Millisecond)
				c.Close()
			}()
		}
		synctest.Wait()
		start := time.Now()
		if err := r.Drain(t.Context()); err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		if d := time.Since(start); d < 2*time.Second {
			t.Errorf("all were told in %v, want it spread over about 10 s", d)
		}
		if len(told) != n || most > 2 {
			t.Errorf("%d were told, %d at once; want %d, at most 2", len(told), most, n)
		}
		for _, times := range told {
			if times != 1 {
				t.Errorf("told %d times, want once", times)
			}
		}
		r.end()
	})
}

// A connection between two requests ends at its turn; one in a request afterwards.
func TestNextEndsBetweenRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r, p := startPiped(t, Protocol{Serve: func(ctx context.Context, c net.Conn) {
			in := bufio.NewReader(c)
			for Next(ctx, in) {
				line, _ := in.ReadString('\n')
				if line == "slow\n" {
					<-release
				}
				io.WriteString(c, line)
			}
		}}, WithPace(0, 0))
		idle, busy := dialPipe(t, p), dialPipe(t, p)
		idle.ask(t, "one", "one")
		io.WriteString(busy, "slow\n")
		synctest.Wait()
		if n := r.Counts(); n != (Counts{Idle: 1, Busy: 1}) {
			t.Errorf("Counts = %+v, want one idle and one busy", n)
		}
		done := r.drain(t.Context())
		idle.wantEOF(t)
		synctest.Wait()
		if closed(r.course.drained) {
			t.Fatal("drained with a request in flight")
		}
		close(release)
		busy.wantLine(t, "slow")
		busy.wantEOF(t)
		if err := <-done; err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		r.end()
	})
}

// With an Advise the peer is told between two requests, never beside an answer, and
// has a second in which its requests are answered.
func TestNextWithAdvise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := startPiped(t, Protocol{
			Serve: func(ctx context.Context, c net.Conn) {
				in := bufio.NewReader(c)
				for Next(ctx, in) {
					line, _ := in.ReadString('\n')
					io.WriteString(c, "<")
					time.Sleep(100 * time.Millisecond)
					io.WriteString(c, line)
				}
			},
			Advise: func(_ context.Context, c net.Conn) { io.WriteString(c, "bye\n") },
		}, WithPace(0, 0))
		idle, busy := dialPipe(t, p), dialPipe(t, p)
		idle.ask(t, "one", "<one")
		io.WriteString(busy, "two\n")
		synctest.Wait()
		start := time.Now()
		done := r.drain(t.Context())
		idle.wantLine(t, "bye")
		busy.wantLine(t, "<two")
		busy.wantLine(t, "bye")
		time.Sleep(700 * time.Millisecond)
		idle.ask(t, "three", "<three")
		busy.ask(t, "four", "<four")
		busy.wantEOF(t)
		idle.wantEOF(t)
		if err := <-done; err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		if got, want := time.Since(start), 1100*time.Millisecond; got != want {
			t.Errorf("Drain took %v, want %v: the grace of the one that was told last", got, want)
		}
		r.end()
	})
}

// What has arrived in the moment in which the wait is ended is served.
func TestNextServesWhatHasArrived(t *testing.T) {
	r := startConns(t, Protocol{Addr: "127.0.0.1:0", Serve: func(ctx context.Context, c net.Conn) {
		for deadline := time.Now().Add(5 * time.Second); !hasInput(c) && time.Now().Before(deadline); {
			runtime.Gosched()
		}
		ss := ctx.Value(sessionKey{}).(*session)
		ss.expire()
		echoLines(ctx, c)
	}}, WithPace(0, 0))
	c := r.dial()
	c.ask(t, "late", "late")
	c.wantEOF(t)
	c.Close()
	if err := r.Drain(t.Context()); err != nil {
		t.Errorf("Drain = %v, want nil", err)
	}
	r.end()
}

// Next works without a Conns, and says false when the peer has gone.
func TestNextElsewhere(t *testing.T) {
	a, b := net.Pipe()
	go func() {
		io.WriteString(a, "x")
		a.Close()
	}()
	r := bufio.NewReader(b)
	if !Next(t.Context(), r) {
		t.Error("Next = false with a byte, want true")
	}
	r.ReadByte()
	if Next(t.Context(), r) {
		t.Error("Next = true at the end, want false")
	}
}

// Shortly before the deadline reads end, and contexts, with the reason; who held it
// is named.
func TestConnsSoftCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("a new version")
		var readErr, cause error
		var at time.Time
		r, p := startPiped(t, Protocol{Serve: func(ctx context.Context, c net.Conn) {
			_, readErr = c.Read(make([]byte, 1))
			cause, at = context.Cause(ctx), time.Now()
		}}, WithCause(func(context.Context) error { return why }))
		dialPipe(t, p)
		time.Sleep(3 * time.Second)
		start := time.Now()
		err := r.Drain(after(t, 20*time.Second))
		if !errors.Is(readErr, os.ErrDeadlineExceeded) || !errors.Is(cause, ErrDraining) || !errors.Is(cause, why) {
			t.Errorf("read = %v, cause = %v; want a deadline, %v", readErr, cause, why)
		}
		if got, want := at.Sub(start), 18*time.Second; got != want {
			t.Errorf("ended after %v, want %v", got, want)
		}
		e, ok := errors.AsType[*OverrunError](err)
		if !ok || !errors.Is(err, ErrCancelled) || len(e.Busy) != 1 {
			t.Fatalf("Drain = %v, want an overrun with one busy", err)
		}
		if want := []Held{{Who: "pipe", Age: 21 * time.Second}}; !slices.Equal(e.Requests, want) {
			t.Errorf("holders = %v, want %v", e.Requests, want)
		}
		if want := "drain 192.0.2.1:80: 1 busy (pipe for 21s), 0 idle: " + ErrCancelled.Error(); err.Error() != want {
			t.Errorf("text = %s, want %s", err, want)
		}
		if r.Stage() != StageCancel {
			t.Errorf("Stage = %v, want cancel", r.Stage())
		}
		r.end()
	})
}

// Whoever does not care is named when the context ends, and Drain returns.
func TestConnsOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		r, p := startPiped(t, Protocol{Serve: func(context.Context, net.Conn) { <-stuck }})
		dialPipe(t, p)
		synctest.Wait()
		err := r.Drain(after(t, 4*time.Second))
		e, ok := errors.AsType[*OverrunError](err)
		if !ok || !errors.Is(err, context.DeadlineExceeded) || len(e.Busy) != 1 {
			t.Errorf("Drain = %v, want an overrun for the deadline", err)
		}
		if again := r.Drain(t.Context()); again != err {
			t.Errorf("second Drain = %v, want the first's error", again)
		}
		close(stuck)
		r.end()
	})
}

func TestConnsForceCutsADrainShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := startPiped(t, Protocol{Serve: func(ctx context.Context, c net.Conn) {
			l := From(ctx).Long("report")
			defer l.End()
			io.Copy(io.Discard, c)
			if cause := context.Cause(ctx); cause != ErrClosed {
				t.Errorf("cause = %v, want %v", cause, ErrClosed)
			}
		}})
		c := dialPipe(t, p)
		done := r.drain(t.Context())
		synctest.Wait()
		r.Force()
		c.wantEOF(t)
		err := <-done
		e, ok := errors.AsType[*OverrunError](err)
		if !ok || !errors.Is(err, ErrClosed) || len(e.Busy) != 1 || len(e.Long) != 1 || e.Long[0].Who != "report" {
			t.Errorf("Drain = %v, want an overrun for %v that names the report", err, ErrClosed)
		}
		if r.Stage() != StageForce {
			t.Errorf("Stage = %v, want force", r.Stage())
		}
		r.end()
	})
}

// Serve is as Force when its context ends.
func TestConnsServeContext(t *testing.T) {
	s := NewConns(Protocol{Addr: "127.0.0.1:0", Serve: echo})
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, 1))
	cancel()
	if err := s.Serve(ctx); err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	if s.Stage() != StageForce {
		t.Errorf("Stage = %v, want force", s.Stage())
	}
}

// A Serve that ends its goroutine is over like any other.
func TestConnsServeGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := startPiped(t, Protocol{Serve: func(context.Context, net.Conn) { runtime.Goexit() }})
		dialPipe(t, p).wantEOF(t)
		if err := r.Drain(t.Context()); err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		r.end()
	})
}

// What was sent last arrives although something unread had come.
func TestConnsLinger(t *testing.T) {
	answer := string(make([]byte, 1<<20))
	r := startConns(t, Protocol{Addr: "127.0.0.1:0", Serve: func(_ context.Context, c net.Conn) {
		c.Read(make([]byte, 1))
		io.WriteString(c, answer)
	}})
	c := r.dial()
	if _, err := io.WriteString(c, "a question that nobody reads to the end"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if err != nil || len(got) != len(answer) {
		t.Errorf("read %d bytes, %v; want %d, nil", len(got), err, len(answer))
	}
	c.Close()
	r.end()
}

// A halfPipe is a connection that can be closed by halves, whose peer does nothing.
type halfPipe struct {
	net.Conn
	halves int
}

func (h *halfPipe) CloseWrite() error { h.halves++; return nil }

func TestConnsLingerIsBounded(t *testing.T) {
	for name, tt := range map[string]struct{ linger, want time.Duration }{
		"default":  {0, DefaultLinger},
		"set":      {2 * time.Second, 2 * time.Second},
		"negative": {-1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, p := startPiped(t, Protocol{Linger: tt.linger, Serve: func(context.Context, net.Conn) {}})
				_, server := net.Pipe()
				start := time.Now()
				p.conns <- &halfPipe{Conn: server}
				synctest.Wait()
				if err := r.Drain(t.Context()); err != nil {
					t.Errorf("Drain = %v, want nil", err)
				}
				if got := time.Since(start); got != tt.want {
					t.Errorf("lingered for %v, want %v", got, tt.want)
				}
				r.end()
			})
		})
	}
}

// The peer of a Unix socket has no address: on Linux it has a process.
func TestConnsUnixPeer(t *testing.T) {
	began := make(chan struct{})
	r := startConns(t, Protocol{Network: "unix", Addr: socketDir(t) + "/s", Serve: func(ctx context.Context, _ net.Conn) {
		close(began)
		<-ctx.Done()
	}})
	r.dial()
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want := "local"
	if runtime.GOOS == "linux" {
		want = "pid " + strconv.Itoa(os.Getpid())
	}
	e, ok := errors.AsType[*OverrunError](r.Drain(ctx))
	if !ok || !slices.Equal(e.Busy, []string{want}) {
		t.Errorf("Drain = %v, want one that names %s", e, want)
	}
	r.end()
}

// Over TLS a connection is told and ended in the same way.
func TestConnsTLS(t *testing.T) {
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS()
	defer web.Close()
	r := startConns(t, Protocol{
		Addr:      "127.0.0.1:0",
		TLSConfig: web.TLS,
		Serve:     echoLines,
		Advise:    func(_ context.Context, c net.Conn) { io.WriteString(c, "bye\n") },
	}, WithPace(0, 0))
	raw := r.dial()
	c := newClient(tls.Client(raw.Conn, &tls.Config{InsecureSkipVerify: true}))
	c.ask(t, "one", "one")
	done := r.drain(t.Context())
	c.wantLine(t, "bye")
	c.ask(t, "two", "two")
	c.Close()
	if err := <-done; err != nil {
		t.Errorf("Drain = %v, want nil", err)
	}
	r.end()
}

func TestConnsShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := startPiped(t, Protocol{Serve: echoLines}, WithPace(0, 0))
		c := dialPipe(t, p)
		c.ask(t, "one", "one")
		start := time.Now()
		if err := r.Shutdown(t.Context(), 5*time.Second); err != nil {
			t.Errorf("Shutdown = %v, want nil", err)
		}
		if got, want := time.Since(start), 5*time.Second; got != want {
			t.Errorf("Shutdown took %v, want %v", got, want)
		}
		r.end()
		if r.Stage() != StageDrain {
			t.Errorf("Stage = %v, want drain", r.Stage())
		}
	})
}
