// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestModelRace does random things to a tree from several goroutines at once. There is
// no telling what comes of it, but some things may never be.
func TestModelRace(t *testing.T) {
	first := envNumber(t, "QUIESCE_MODEL_SEED", 1)
	schedules := envNumber(t, "QUIESCE_MODEL_SCHEDULES", modelSchedules)
	for seed := first; seed < first+schedules && !t.Failed(); seed++ {
		synctest.Test(t, func(t *testing.T) {
			newMelee(t, seed).run()
			if t.Failed() {
				t.Logf("QUIESCE_MODEL_SEED=%d", seed)
			}
		})
	}
}

// A melee is one schedule.
type melee struct {
	t       *testing.T
	seed    uint64
	scopes  []*fighter
	release chan struct{} // closed at the end
}

// A fighter is one scope, with what was seen of it.
type fighter struct {
	*Scope
	end       context.CancelCauseFunc // of the context given to New
	below     []*fighter
	cancelled atomic.Bool // Cancel has returned, of it or above

	look           sync.Mutex
	tasks, refused []*blow
}

// A blow is one task.
type blow struct{ ran, ended atomic.Int32 }

func newMelee(t *testing.T, seed uint64) *melee {
	m := &melee{t: t, seed: seed, release: make(chan struct{})}
	r := rand.New(rand.NewPCG(seed, 0))
	policies := []Policy{FailFast, CollectAll, Quorum(2), Isolate}
	for i := range 4 {
		ctx, parent := t.Context(), (*fighter)(nil)
		if i > 0 {
			parent = m.scopes[r.IntN(i)]
			ctx = parent.Context()
			if r.IntN(2) == 0 {
				ctx = WorkContext(ctx)
			}
		}
		f := new(fighter)
		ctx, f.end = context.WithCancelCause(ctx)
		f.Scope = New(ctx, "s", WithPolicy(policies[r.IntN(4)]), WithLimit(r.IntN(4)), RecoverPanics(nil))
		m.scopes = append(m.scopes, f)
		if parent != nil {
			parent.below = append(parent.below, f)
		}
	}
	return m
}

func (m *melee) run() {
	var wg sync.WaitGroup
	for i := range uint64(4) {
		r := rand.New(rand.NewPCG(m.seed, i+1))
		wg.Go(func() {
			for range 12 {
				m.step(r, m.scopes[r.IntN(len(m.scopes))])
			}
		})
	}
	time.AfterFunc(20*time.Millisecond, func() { close(m.release) }) // nobody waits as long as that for anything else
	wg.Wait()
	_ = m.scopes[0].Stop()
	synctest.Wait() // for the last words of tasks that were abandoned
	for _, s := range m.scopes {
		m.check(s)
	}
	for _, s := range m.scopes {
		s.end(nil)
	}
}

func (m *melee) step(r *rand.Rand, s *fighter) {
	switch n := r.IntN(40); {
	case n < 24:
		m.call(r, s)
	case n < 27:
		m.wait(s)
	case n < 29:
		s.SetLimit(r.IntN(4))
	case n < 31:
		_ = s.Survey()
	case n < 33:
		_ = New(s.Context(), "short").Stop()
	case n < 34:
		s.Shut(nil)
	case n < 35:
		s.Cancel(errTest)
		s.hasBeenCancelled()
	case n < 36:
		s.end(errTest)
		if s.State() >= Cancelled { // it may have been shut before
			s.cancelled.Store(true)
		}
	case n < 38:
		time.Sleep(time.Millisecond)
	default:
		ctx, cancel := context.WithTimeout(m.t.Context(), time.Millisecond)
		_ = s.Close(ctx)
		cancel()
		s.hasBeenCancelled()
	}
}

// hasBeenCancelled notes that nothing is admitted any more.
func (f *fighter) hasBeenCancelled() {
	f.cancelled.Store(true)
	for _, c := range f.below {
		c.hasBeenCancelled()
	}
}

// call starts a task in one of the ways, with one of the ends.
func (m *melee) call(r *rand.Rand, s *fighter) {
	b, over := new(blow), s.cancelled.Load()
	f := m.task(b, r.IntN(7))
	ctx := m.t.Context()
	if r.IntN(2) == 0 {
		ctx = WorkContext(s.Context())
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.IntN(5))*time.Millisecond+1)
	defer cancel()
	var err error
	switch r.IntN(3) {
	case 0:
		err = s.Go(ctx, "x", f)
	case 1:
		err = s.TryGo(ctx, "x", f)
	case 2:
		var task *Task
		if task, err = s.Start(ctx, "x", f, Cancelable(), Weight(r.IntN(3))); err == nil && r.IntN(2) == 0 {
			task.Cancel(nil)
		}
	}
	if err == nil && over {
		m.t.Error("a task was admitted after Cancel had returned")
	}
	s.look.Lock()
	defer s.look.Unlock()
	if err == nil {
		s.tasks = append(s.tasks, b)
	} else {
		s.refused = append(s.refused, b)
	}
}

func (m *melee) task(b *blow, end int) func(context.Context) error {
	return func(ctx context.Context) error {
		b.ran.Add(1)
		defer b.ended.Add(1)
		switch end {
		case 0:
			return errTest
		case 1:
			panic("p")
		case 2:
			runtime.Goexit()
		case 3:
			return untilTaken(ctx)
		case 4:
			return untilCut(ctx)
		case 5:
			<-m.release
		}
		return nil
	}
}

// wait calls Wait, and looks whether what was admitted before has ended.
func (m *melee) wait(s *fighter) {
	var before []*blow
	for _, f := range slices.Concat(s.below, []*fighter{s}) {
		f.look.Lock()
		before = append(before, f.tasks...)
		f.look.Unlock()
	}
	ctx, cancel := context.WithTimeoutCause(m.t.Context(), 3*time.Millisecond, context.Canceled)
	defer cancel()
	if errors.Is(s.Wait(ctx), context.Canceled) && ctx.Err() != nil {
		return // it may not have come to that
	}
	for _, b := range before {
		if b.ended.Load() == 0 {
			m.t.Error("Wait has returned, and a task that was admitted before runs")
		}
	}
}

// check looks at a scope when all is over.
func (m *melee) check(s *fighter) {
	i := s.infoLocked(0)
	ended := i.OK + i.Failed + i.Panicked + i.Exited + i.Late
	if i.Running != 0 || ended != i.Admitted || i.Abandoned != i.Late || i.Admitted != uint64(len(s.tasks)) ||
		i.Refused != uint64(len(s.refused)) || i.Waiting != 0 || s.slots.used != 0 || s.State() != Closed || s.children.Len() != 0 {
		m.t.Errorf("%+v: %d tasks, %d refused, %d slots, %d children", i, len(s.tasks), len(s.refused), s.slots.used, s.children.Len())
	}
	for _, b := range s.tasks {
		if b.ran.Load() != 1 || b.ended.Load() != 1 {
			m.t.Errorf("a task ran %d times, and ended %d times", b.ran.Load(), b.ended.Load())
		}
	}
	for _, b := range s.refused {
		if b.ran.Load() != 0 {
			m.t.Error("a task ran that was refused")
		}
	}
}
