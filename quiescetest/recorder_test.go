// SPDX-License-Identifier: Apache-2.0

package quiescetest_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
)

func begins(component string, hook quiesce.HookKind) func(quiesce.Event) bool {
	return func(e quiesce.Event) bool {
		b, ok := e.(quiesce.HookBegun)
		return ok && b.Component == component && b.Hook == hook
	}
}

func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := quiescetest.Start(t, newApp())
		begin := time.Now()
		r.Shutdown(nil)
		rec, ok := r.Recorder().Await(begins("db", quiesce.HookStop))
		if took := time.Since(begin); !ok || took != 2*time.Second || !rec.At.Equal(time.Now()) {
			t.Errorf("Await returned %v, %v after %v, want the stop of db after 2s", rec, ok, took)
		}
		again, ok := r.Recorder().Await(begins("db", quiesce.HookStop))
		if !ok || again.Seq != rec.Seq {
			t.Errorf("the second Await returned %v, %v, want the same record %v", again, ok, rec)
		}
		if rec, ok := r.Recorder().Await(begins("nobody", quiesce.HookStop)); ok {
			t.Errorf("Await found %v for a component that is not there", rec)
		}
	})
}

func TestRecordsAreInOrderWithoutGaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := quiescetest.Start(t, newApp())
		r.Shutdown(nil)
		r.Wait()
		synctest.Wait()
		records := r.Recorder().Records()
		for i, rec := range records {
			if rec.Seq != uint64(i+1) {
				t.Errorf("record %d has number %d", i+1, rec.Seq)
			}
		}
		events := r.Recorder().Events()
		if len(events) != len(records) || events[len(events)-1].String() != "stopping -> stopped" {
			t.Errorf("%d events for %d records, the last %v", len(events), len(records), events[len(events)-1])
		}
	})
}

// A hook that is held has not been called; its dependencies wait for it.
func TestHoldStopsAHookBeforeItIsCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var called atomic.Bool
		app := quiesce.New("shop")
		db := app.Add("db", quiesce.Component{Start: quiesce.Nothing, Drain: quiesce.Nothing})
		app.Add("http", quiesce.Component{
			Drain: quiesce.NoCtx(func() error { called.Store(true); return nil }),
		}, quiesce.Needs(db))
		rec := quiescetest.NewRecorder()
		reached, release := rec.Hold(begins("http", quiesce.HookDrain))
		r := quiescetest.Start(t, app, quiescetest.WithRecorder(rec))
		r.Shutdown(nil)
		<-reached
		synctest.Wait()
		if called.Load() || strings.Contains(rec.Log(), `drain "db"`) {
			t.Errorf("the hook was called: %v; log:\n%s", called.Load(), rec.Log())
		}
		release()
		release()
		if !r.Wait().Clean || !called.Load() {
			t.Errorf("the hook was not called after release; log:\n%s", rec.Log())
		}
	})
}

func TestHoldIsReleasedByTheCleanup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := quiescetest.NewRecorder()
		reached, _ := rec.Hold(begins("http", quiesce.HookDrain))
		r := quiescetest.Start(t, newApp(), quiescetest.WithRecorder(rec))
		r.Shutdown(nil)
		<-reached
	})
}

// What Before is told is told before it happens: readiness is still on when the
// stop is about to be asked for, and off when the phases begin.
func TestBeforeSeesTheAppAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ready [3]atomic.Int32 // states seen before a stop request, a phase, a hook's end; plus one
		app := newApp()
		rec := quiescetest.NewRecorder()
		rec.Before(func(e quiesce.Event) {
			state := int32(app.State()) + 1
			switch e := e.(type) {
			case quiesce.StopRequested:
				ready[0].Store(state)
			case quiesce.PhaseBegun:
				ready[1].CompareAndSwap(0, state)
			case quiesce.HookEnded:
				if e.Hook == quiesce.HookStart {
					ready[2].Store(state)
				}
			}
		})
		r := quiescetest.Start(t, app, quiescetest.WithRecorder(rec))
		r.Shutdown(nil)
		r.Wait()
		for i, want := range []quiesce.State{quiesce.StateRunning, quiesce.StateDraining, quiesce.StateStarting} {
			if got := ready[i].Load(); got != int32(want)+1 {
				t.Errorf("callback %d saw state %v, want %v", i, quiesce.State(got-1), want)
			}
		}
	})
}
