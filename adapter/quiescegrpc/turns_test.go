// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/drain"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

func receive(s grpc.ServerStream) error {
	for {
		if err := s.RecvMsg(new(text)); err != nil {
			return err
		}
	}
}

// Handlers that know nothing of drains end, whatever they wait for.
func TestTurnsEndStreams(t *testing.T) {
	for _, v := range []struct {
		name string
		talk func(grpc.ServerStream) error
	}{
		{"receive", receive},
		{"context", func(s grpc.ServerStream) error {
			<-s.Context().Done()
			if !errors.Is(context.Cause(s.Context()), drain.ErrDraining) {
				t.Errorf("cause %v", context.Cause(s.Context()))
			}
			return s.Context().Err()
		}},
	} {
		t.Run(v.name, func(t *testing.T) {
			in := make(chan struct{}, 1)
			r := run(t, &work{talk: func(s grpc.ServerStream) error {
				in <- struct{}{}
				return v.talk(s)
			}}, WithTurns(talkMethod), WithPace(0, 0))
			s := talk(t, t.Context(), dial(t, r))
			within(t, "the stream", in)
			drained := r.begin(far)
			wantCode(t, "the stream", s.RecvMsg(new(text)), codes.Unavailable)
			if err := within(t, "drain", drained); err != nil {
				t.Errorf("Drain = %v", err)
			}
		})
	}
}

// What a handler returns otherwise is not touched, nor what it still sends.
func TestTurnsLeaveTheHandlerItsSay(t *testing.T) {
	in := make(chan struct{}, 1)
	r := run(t, &work{talk: func(s grpc.ServerStream) error {
		in <- struct{}{}
		_ = receive(s)
		wantCode(t, "a second RecvMsg", s.RecvMsg(new(text)), codes.Unavailable)
		return s.SendMsg(&text{Value: "goodbye"})
	}}, WithTurns(), WithPace(0, 0))
	s := talk(t, t.Context(), dial(t, r))
	if err := s.SendMsg(new(text)); err != nil {
		t.Fatal(err)
	}
	within(t, "the stream", in)
	drained := r.begin(far)
	m := new(text)
	if err := s.RecvMsg(m); err != nil || m.Value != "goodbye" {
		t.Errorf("got %q, %v", m.Value, err)
	}
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

func TestTurnsArePaced(t *testing.T) {
	const n, atOnce = 20, 3
	var told, most atomic.Int32
	in := make(chan struct{}, n)
	r := run(t, &work{talk: func(s grpc.ServerStream) error {
		in <- struct{}{}
		<-s.Context().Done()
		now := told.Add(1)
		for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
		}
		told.Add(-1)
		return s.Context().Err()
	}}, WithTurns(talkMethod), WithPace(0, atOnce))
	cc := dial(t, r)
	for range n {
		talk(t, t.Context(), cc)
		within(t, "a stream", in)
	}
	if err := r.drainIn(far); err != nil {
		t.Errorf("Drain = %v", err)
	}
	if m := most.Load(); m < 1 || m > atOnce {
		t.Errorf("%d streams were told and had not ended, want at most %d", m, atOnce)
	}
}

// Without the option a handler asks for itself.
func TestHandlersFindTheHandle(t *testing.T) {
	in := make(chan struct{}, 2)
	ask := func(ctx context.Context) error {
		l := drain.From(ctx).Long("asked")
		defer l.End()
		in <- struct{}{}
		<-l.Turn()
		if ctx.Err() != nil {
			t.Error("the context has ended with the turn")
		}
		return nil
	}
	r := run(t, &work{do: ask, talk: func(s grpc.ServerStream) error { return ask(s.Context()) }}, WithPace(0, 0))
	cc := dial(t, r)
	s := talk(t, t.Context(), cc)
	called := make(chan error, 1)
	go func() { called <- do(t.Context(), cc) }()
	within(t, "a call", in)
	within(t, "a call", in)
	drained := r.begin(far)
	if err := within(t, "the call", called); err != nil {
		t.Error(err)
	}
	if err := s.RecvMsg(new(text)); err == nil {
		t.Error("the stream goes on")
	}
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

func TestHealthIsNotServingFromAnnounce(t *testing.T) {
	r := run(t, new(work), WithHealth(health.NewServer()), WithPace(0, 0))
	client := healthpb.NewHealthClient(dial(t, r))
	watch, err := client.Watch(t.Context(), new(healthpb.HealthCheckRequest))
	if err != nil {
		t.Fatal(err)
	}
	watched := func() healthpb.HealthCheckResponse_ServingStatus {
		t.Helper()
		m, err := watch.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return m.Status
	}
	if got := watched(); got != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("before: %v", got)
	}
	if err := r.Announce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := watched(); got != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("watched: %v", got)
	}
	m, err := client.Check(t.Context(), new(healthpb.HealthCheckRequest))
	if err != nil || m.Status != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("checked: %v, %v", m, err)
	}
	// The watch would go on for as long as its client is there.
	start := time.Now()
	if err := r.drainIn(2 * far); err != nil {
		t.Errorf("Drain = %v", err)
	}
	if took := time.Since(start); took > far {
		t.Errorf("took %v", took)
	}
	if _, err := watch.Recv(); err == nil {
		t.Error("the watch goes on")
	}
}
