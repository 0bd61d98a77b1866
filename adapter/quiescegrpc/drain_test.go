// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/drain"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"
)

func TestDrainWaitsForCalls(t *testing.T) {
	g := newGate()
	r := run(t, &work{do: func(context.Context) error { g.wait(); return nil }})
	cc := dial(t, r)
	called := make(chan error, 1)
	go func() { called <- do(t.Context(), cc) }()
	within(t, "the call", g.in)
	drained := r.begin(far)
	select {
	case err := <-drained:
		t.Fatalf("drained with a call in flight: %v", err)
	default:
	}
	close(g.out)
	if err := within(t, "the answer", called); err != nil {
		t.Errorf("the call that was in flight: %v", err)
	}
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
	if err := within(t, "run", r.ran); err != nil {
		t.Errorf("Run = %v", err)
	}
	wantCode(t, "a call after the drain", do(t.Context(), dial(t, r)), codes.Unavailable)
	if err := r.Stop(t.Context()); err != nil {
		t.Errorf("Stop = %v", err)
	}
}

// A stream that goes on is served both ways, while new calls go elsewhere.
func TestStreamsGoOnDuringADrain(t *testing.T) {
	r := run(t, &work{talk: func(s grpc.ServerStream) error {
		for m := new(text); ; {
			if err := s.RecvMsg(m); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			if err := s.SendMsg(m); err != nil {
				return err
			}
		}
	}})
	cc := dial(t, r)
	s := talk(t, t.Context(), cc)
	echo := func() {
		t.Helper()
		if err := errors.Join(s.SendMsg(new(text)), s.RecvMsg(new(text))); err != nil {
			t.Fatal(err)
		}
	}
	echo()
	awaitReady(t, cc)
	drained := r.begin(far)
	for cc.GetState() == connectivity.Ready { // until the client has the GOAWAY
		if !cc.WaitForStateChange(t.Context(), connectivity.Ready) {
			t.Fatal("the client was not told")
		}
	}
	echo()
	wantCode(t, "a new call", do(t.Context(), cc), codes.Unavailable)
	echo()
	if err := s.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := s.RecvMsg(new(text)); err != io.EOF {
		t.Errorf("end of the stream: %v", err)
	}
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

func TestForceEndsCallsAndStopWaitsForHandlers(t *testing.T) {
	g := newGate()
	begun := make(chan struct{}, 1)
	r := run(t, &work{do: func(ctx context.Context) error {
		begun <- struct{}{}
		<-ctx.Done()
		g.wait()
		return nil
	}})
	called := make(chan error, 1)
	cc := dial(t, r)
	go func() { called <- do(t.Context(), cc) }()
	within(t, "the call", begun)
	drained := r.begin(far)
	r.Force()
	wantCode(t, "the call", within(t, "the call", called), codes.Unavailable)
	within(t, "the handler", g.in)
	held, ok := errors.AsType[*drain.HeldError](within(t, "drain", drained))
	if !ok || !errors.Is(held, drain.ErrClosed) {
		t.Errorf("Drain = %v, want a HeldError that wraps ErrClosed", held)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	impatient := errors.New("impatient")
	cancel(impatient)
	held, ok = errors.AsType[*drain.HeldError](r.Stop(ctx))
	if !ok || held.InFlight != 1 || !errors.Is(held, impatient) {
		t.Errorf("Stop with a handler that goes on = %v", held)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- r.Stop(context.Background()) }()
	select {
	case err := <-stopped:
		t.Errorf("Stop = %v while a handler goes on", err)
	default:
	}
	close(g.out)
	if err := within(t, "stop", stopped); err != nil {
		t.Errorf("Stop = %v", err)
	}
}

func TestOverrunNamesTheCalls(t *testing.T) {
	g := newGate()
	defer close(g.out)
	r := run(t, &work{do: func(context.Context) error { g.wait(); return nil }})
	cc := dial(t, r)
	go do(t.Context(), cc)
	within(t, "the call", g.in)
	err := r.drainIn(50 * time.Millisecond)
	held, ok := errors.AsType[*drain.HeldError](err)
	if !ok || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Drain = %v, want a HeldError that wraps DeadlineExceeded", err)
	}
	if held.InFlight != 1 || len(held.Holders) != 1 || held.Holders[0].Age <= 0 {
		t.Errorf("%+v", held)
	}
	if want := "drain: grpc " + r.Addr().String() + ": 1 still in flight: " + doMethod + " from 127.0.0.1:"; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%q, want %q…", err, want)
	}
}

// Shortly before the deadline contexts end, which wakes a Recv too.
func TestContextsEndBeforeTheDeadline(t *testing.T) {
	in := make(chan struct{}, 2)
	causes := make(chan error, 2)
	r := run(t, &work{
		do: func(ctx context.Context) error {
			in <- struct{}{}
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return nil
		},
		talk: func(s grpc.ServerStream) error {
			in <- struct{}{}
			err := s.RecvMsg(new(text))
			causes <- context.Cause(s.Context())
			return err
		},
	})
	cc := dial(t, r)
	called := make(chan error, 1)
	go func() { called <- do(t.Context(), cc) }()
	s := talk(t, t.Context(), cc)
	within(t, "a call", in)
	within(t, "a call", in)
	err := r.drainIn(400 * time.Millisecond)
	if held, ok := errors.AsType[*drain.HeldError](err); !ok || held.InFlight != 2 || !errors.Is(err, drain.ErrCancelled) {
		t.Errorf("Drain = %v, want a HeldError of 2 that wraps ErrCancelled", err)
	}
	for range 2 {
		if err := within(t, "a cause", causes); !errors.Is(err, drain.ErrDraining) {
			t.Errorf("cause %v, want ErrDraining", err)
		}
	}
	if err := within(t, "the answer", called); err != nil {
		t.Errorf("the call: %v", err)
	}
	wantCode(t, "the stream", s.RecvMsg(new(text)), codes.Canceled)
}

// A panic that an interceptor recovers ends the call; after a Goexit the stream
// is never answered, and no client leaves before it is, but nothing is in flight.
func TestPanicAndGoexitLeaveTheCountRight(t *testing.T) {
	in := make(chan struct{}, 2)
	recovering := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, h grpc.UnaryHandler) (_ any, err error) {
		defer func() {
			if v := recover(); v != nil {
				err = status.Errorf(codes.Internal, "panic: %v", v)
			}
		}()
		return h(ctx, req)
	}
	first := true
	r := run(t, &work{do: func(context.Context) error {
		in <- struct{}{}
		if first {
			first = false
			panic("first")
		}
		runtime.Goexit()
		return nil
	}}, WithGRPC(grpc.UnaryInterceptor(recovering)))
	cc := dial(t, r)
	wantCode(t, "the call that panics", do(t.Context(), cc), codes.Internal)
	called := make(chan error, 1)
	go func() { called <- do(t.Context(), cc) }()
	within(t, "the first", in)
	within(t, "the second", in)
	if err := r.drainIn(time.Second); err != nil {
		t.Errorf("Drain = %v", err)
	}
	if n := r.calls.InFlight(); n != 0 {
		t.Errorf("%d in flight", n)
	}
	wantCode(t, "the call that exits", within(t, "the call", called), codes.Unavailable)
}

func TestStartFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := NewServer(taken.Addr().String()).Component().Start(t.Context()); err == nil {
		t.Error("Start on a busy port succeeded")
	}
	if err := NewServer("", WithListener(nil)).Component().Start(t.Context()); !errors.Is(err, errNilListener) {
		t.Errorf("Start on a nil listener = %v", err)
	}
	r := run(t, new(work))
	if err := r.Start(t.Context()); !errors.Is(err, errStarted) {
		t.Errorf("second Start = %v", err)
	}
	closed := NewServer("127.0.0.1:0").Component()
	if err := closed.Drain(t.Context()); err != nil {
		t.Errorf("Drain before Start = %v", err)
	}
	if err := closed.Start(t.Context()); !errors.Is(err, drain.ErrClosed) {
		t.Errorf("Start after Drain = %v", err)
	}
	if err := closed.Run(t.Context()); err != nil {
		t.Errorf("Run without Start = %v", err)
	}
	if err := closed.Stop(t.Context()); err != nil {
		t.Errorf("Stop without Start = %v", err)
	}
}

// What was started and does not serve is drained at once.
func TestDrainWithoutRun(t *testing.T) {
	c := NewServer("127.0.0.1:0").Component()
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Drain(t.Context()); err != nil {
		t.Errorf("Drain = %v", err)
	}
	if err := c.Stop(t.Context()); err != nil {
		t.Errorf("Stop = %v", err)
	}
}

// A listener that breaks ends Run with an error that names it.
func TestRunReportsABrokenListener(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, new(work), WithListener(ln))
	ln.Close()
	if err := within(t, "run", r.ran); !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Errorf("Run = %v", err)
	}
	if err := r.drainIn(far); err != nil {
		t.Errorf("Drain = %v", err)
	}
}
