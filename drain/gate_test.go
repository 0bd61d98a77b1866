// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// enter is for work that a test wants admitted.
func enter(t *testing.T, g *Gate) {
	t.Helper()
	if !g.Enter() {
		t.Fatal("Enter refuses")
	}
}

// panics returns what f panics with.
func panics(t *testing.T, f func()) (value any) {
	t.Helper()
	defer func() {
		if value = recover(); value == nil {
			t.Error("no panic")
		}
	}()
	f()
	return nil
}

// ended returns a context that ended with a cause.
func ended(cause error) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	return ctx
}

func TestGateCounts(t *testing.T) {
	var g Gate
	for i := range 3 {
		if got := g.InFlight(); got != i {
			t.Errorf("InFlight = %d, want %d", got, i)
		}
		enter(t, &g)
	}
	drained := g.Drained()
	g.Shut()
	if g.Enter() {
		t.Error("Enter admits after Shut")
	}
	for i := 3; i > 0; i-- {
		if got := g.InFlight(); got != i {
			t.Errorf("InFlight = %d after Shut, want %d", got, i)
		}
		if isClosed(drained) {
			t.Fatalf("drained with %d in flight", i)
		}
		g.Shut()
		g.Leave()
	}
	if !isClosed(drained) || g.Drained() != drained || g.InFlight() != 0 {
		t.Errorf("after the last Leave: drained %t, the same channel %t, %d in flight",
			isClosed(drained), g.Drained() == drained, g.InFlight())
	}
	g.Shut()
}

func TestShutOfAnIdleGateDrainsIt(t *testing.T) {
	var g Gate
	enter(t, &g)
	g.Leave()
	g.Shut()
	if !isClosed(g.Drained()) {
		t.Error("not drained")
	}
}

func TestCloseReturnsWithTheLastLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		enter(t, &g)
		enter(t, &g)
		begin := time.Now()
		time.AfterFunc(time.Second, g.Leave)
		time.AfterFunc(3*time.Second, g.Leave)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := g.Close(t.Context()); err != nil {
					t.Errorf("Close: %v", err)
				}
				if got := time.Since(begin); got != 3*time.Second {
					t.Errorf("Close took %v, want 3s", got)
				}
			})
		}
		wg.Wait()
	})
}

func TestCloseGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		enter(t, &g)
		late := errors.New("out of patience")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, late)
		defer cancel()
		begin := time.Now()
		err := g.Close(ctx)
		if got := time.Since(begin); got != time.Second {
			t.Errorf("Close took %v, want 1s", got)
		}
		e, ok := errors.AsType[*HeldError](err)
		if !ok || e.InFlight != 1 || e.Class != "" || len(e.Holders) != 0 || !errors.Is(err, late) {
			t.Fatalf("Close: %#v", err)
		}
		if got, want := err.Error(), "drain: 1 still in flight"; got != want {
			t.Errorf("Close: %q, want %q", got, want)
		}
		if g.Enter() {
			t.Error("the gate opened again")
		}
		g.Leave()
		if err := g.Close(t.Context()); err != nil {
			t.Errorf("Close again: %v", err)
		}
	})
}

// What is drained is drained, whichever the select sees first.
func TestCloseOfADrainedGateIsNilWithADeadContext(t *testing.T) {
	ctx := ended(errors.New("dead"))
	for range 100 {
		var g Gate
		if err := g.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// Whoever brings rem to zero has yet to close the channel when InFlight is 0.
// Close does not overtake it.
func TestCloseReturnsNilOnlyWhenDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		enter(t, &g)
		g.Shut()
		g.word.Add(departure)
		if !g.settle(-1) {
			t.Fatal("not the last")
		}
		closed := make(chan error, 1)
		go func() { closed <- g.Close(ended(nil)) }()
		synctest.Wait()
		if len(closed) != 0 {
			t.Fatal("Close returned before the gate was drained")
		}
		g.mu.Lock()
		g.fireLocked()
		g.mu.Unlock()
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func TestLeaveWithoutEnter(t *testing.T) {
	const want = "drain: Leave without Enter"
	var g Gate
	if got := panics(t, g.Leave); got != want {
		t.Errorf("panic %v, want %q", got, want)
	}
	enter(t, &g)
	if got := g.InFlight(); got != 1 {
		t.Errorf("InFlight = %d after a caught mistake, want 1", got)
	}
	g.Leave()
	g.Shut()
	if got := panics(t, g.Leave); got != want {
		t.Errorf("panic %v after Shut, want %q", got, want)
	}
	if g.Enter() || !isClosed(g.Drained()) {
		t.Error("the mistake opened a shut gate")
	}
	g.Shut()
}

func TestEnterRefusesWhatItCannotCount(t *testing.T) {
	var g Gate
	g.word.Store(countMask - 1)
	enter(t, &g)
	for range 2 {
		if g.Enter() {
			t.Error("admitted beyond the limit")
		}
	}
	if got := g.InFlight(); got != countMask {
		t.Errorf("InFlight = %d, want %d", got, countMask)
	}
	g.Leave()
	enter(t, &g)
}

func TestArrivalsWrap(t *testing.T) {
	var g Gate
	g.word.Store(math.MaxUint32 << 32)
	enter(t, &g)
	if n, arrivals := g.InFlight(), g.arrivals(); n != 1 || arrivals != 0 {
		t.Errorf("%d in flight, %d arrivals, want 1 and 0", n, arrivals)
	}
}

// hammer has goroutines call Enter on a shut gate until stop is called.
func hammer(g *Gate, goroutines int) (stop func()) {
	var over atomic.Bool
	var wg, began sync.WaitGroup
	began.Add(goroutines)
	for range goroutines {
		wg.Go(func() {
			for first := true; !over.Load(); first = false {
				if g.Enter() {
					panic("admitted by a shut gate")
				}
				if first {
					began.Done()
				}
			}
		})
	}
	began.Wait()
	return func() {
		over.Store(true)
		wg.Wait()
	}
}

func TestInFlightDoesNotCountTheRefused(t *testing.T) {
	var g Gate
	enter(t, &g)
	enter(t, &g)
	g.Shut()
	defer hammer(&g, 2)()
	for i := range 20_000 {
		if got := g.InFlight(); got != 2 {
			t.Fatalf("InFlight = %d, want 2", got)
		}
		if i%5000 == 0 {
			runtime.Gosched()
		}
	}
	g.Leave()
	g.Leave()
	if !isClosed(g.Drained()) || g.InFlight() != 0 {
		t.Errorf("drained %t, %d in flight", isClosed(g.Drained()), g.InFlight())
	}
}

// TestRaceGate is the model's promise on real goroutines: when the gate is
// drained, whoever was admitted has left, and nobody is admitted after that.
func TestRaceGate(t *testing.T) {
	for range 200 {
		var g Gate
		var inside atomic.Int64
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				for range 50 {
					if !g.Enter() {
						continue
					}
					inside.Add(1)
					runtime.Gosched()
					inside.Add(-1)
					g.Leave()
				}
			})
		}
		for range 2 {
			wg.Go(func() {
				runtime.Gosched()
				if err := g.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if n := inside.Load(); n != 0 {
					t.Errorf("closed with %d inside", n)
				}
			})
		}
		wg.Wait()
		if n := g.InFlight(); n != 0 || uint32(g.word.Load()) != shutBit {
			t.Fatalf("afterwards %d in flight, word %#x", n, g.word.Load())
		}
	}
}

func TestGateDoesNotAllocate(t *testing.T) {
	var open, shut Gate
	shut.Shut()
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"admitted", func() { open.Enter(); open.Leave() }},
		{"refused", func() { shut.Enter() }},
		{"counted", func() { open.InFlight(); shut.InFlight() }},
		{"named", func() {
			first, _ := open.Begin("first")
			second, _ := open.Begin("second")
			third, _ := open.Begin("third")
			second.End()
			first.End()
			third.End()
		}},
	} {
		if n := testing.AllocsPerRun(100, c.f); n != 0 {
			t.Errorf("%s: %v allocations, want 0", c.name, n)
		}
	}
}
