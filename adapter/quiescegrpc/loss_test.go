// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-quiesce/quiesce"
	"google.golang.org/grpc"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

// Callers that never retry lose nothing while one server after the other is
// replaced: whether names point to the next one alone by the time the last is
// drained, or still to the last one first.
func TestNothingIsLostOverStops(t *testing.T) {
	for _, v := range []struct {
		name  string
		point func(now, next *running) resolver.State
	}{
		{"names changed", func(_, next *running) resolver.State { return pointTo(next) }},
		{"names not changed", func(now, next *running) resolver.State { return pointTo(now, next) }},
	} {
		t.Run(v.name, func(t *testing.T) { replace(t, v.point) })
	}
}

func pointTo(servers ...*running) resolver.State {
	var s resolver.State
	for _, r := range servers {
		s.Addresses = append(s.Addresses, resolver.Address{Addr: r.Addr().String()})
	}
	return s
}

// replace runs callers while servers are replaced.
func replace(t *testing.T, point func(now, next *running) resolver.State) {
	const stops, callsBetween = 5, 2000
	now := run(t, new(work))
	names := manual.NewBuilderWithScheme("test")
	names.InitialState(pointTo(now))
	c := startCallers(t, dialTarget(t, "test:///", grpc.WithResolvers(names)), callsBetween)
	for range stops {
		within(t, "some calls", c.enough)
		next := run(t, new(work))
		names.UpdateState(point(now, next))
		if err := now.drainIn(far); err != nil {
			t.Errorf("Drain = %v", err)
		}
		if err := now.Stop(t.Context()); err != nil {
			t.Errorf("Stop = %v", err)
		}
		names.UpdateState(pointTo(next))
		now = next
	}
	within(t, "some calls", c.enough)
	c.end()
	c.wg.Wait()
	for _, err := range c.lost {
		t.Errorf("lost: %v", err)
	}
	t.Logf("%d calls over %d stops", c.answered.Load(), stops)
}

// callers call over and over until they are ended, or have lost a call.
type callers struct {
	end      context.CancelFunc
	wg       sync.WaitGroup
	answered atomic.Int64
	enough   chan struct{} // holds one: so many more were answered
	mu       sync.Mutex
	lost     []error // guarded by mu
}

func startCallers(t *testing.T, cc *grpc.ClientConn, enough int64) *callers {
	const n = 64
	c := &callers{enough: make(chan struct{}, 1)}
	var over context.Context
	over, c.end = context.WithCancel(t.Context())
	for range n {
		c.wg.Go(func() {
			for over.Err() == nil {
				if err := do(t.Context(), cc); err != nil {
					c.mu.Lock()
					defer c.mu.Unlock()
					c.lost = append(c.lost, err)
					return
				}
				if c.answered.Add(1)%enough == 0 {
					select {
					case c.enough <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	return c
}

// In an app a client connection is closed after the server whose handlers use it.
func TestAppClosesClientsLast(t *testing.T) {
	backend := run(t, new(work))
	cc := dial(t, backend)
	g := newGate()
	front := NewServer("127.0.0.1:0")
	front.RegisterService(&workDesc, &work{do: func(ctx context.Context) error {
		g.wait()
		return do(ctx, cc)
	}})
	stop := make(chan struct{})
	called := make(chan error, 1)
	app := quiesce.New("test")
	client := app.Add("backend", Client(cc))
	server := app.Add("grpc", front.Component(), quiesce.Needs(client))
	app.Add("caller", quiesce.Component{Run: func(ctx context.Context) error {
		own := dialTarget(t, front.Addr().String())
		go func() { called <- do(context.Background(), own) }()
		<-g.in
		close(stop)
		<-ctx.Done()
		return nil
	}}, quiesce.Needs(server))
	go func() {
		<-stop
		app.Shutdown(nil)
		<-front.advisor.Handle().Done()
		if !errors.Is(front.advisor.Handle().Cause(), quiesce.ErrShutdown) {
			t.Errorf("handlers are told %v", front.advisor.Handle().Cause())
		}
		close(g.out)
	}()
	if err := app.Run(t.Context()); err != nil && !errors.Is(err, quiesce.ErrShutdown) {
		t.Errorf("Run = %v", err)
	}
	if err := within(t, "the call", called); err != nil {
		t.Errorf("the call in flight: %v", err)
	}
	if err := do(t.Context(), cc); err == nil {
		t.Error("the client connection is still open")
	}
}

func TestServiceInfoIsThatOfGRPC(t *testing.T) {
	s := NewServer("")
	s.RegisterService(&workDesc, new(work))
	var methods []string
	for _, m := range s.GetServiceInfo()["test.Work"].Methods {
		methods = append(methods, m.Name)
	}
	slices.Sort(methods)
	if !slices.Equal(methods, []string{"Do", "Talk"}) {
		t.Errorf("methods %v", methods)
	}
}
