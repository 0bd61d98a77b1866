// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/internal/owner"
	"github.com/go-quiesce/quiesce/scope"
)

// A flight is one call of a hook, and the context that the hook was given.
//
// Most hooks of most apps never look at their context, so the real one, with
// its channel and its timer, is made when somebody asks for it. It is a context
// of the standard library, so contexts derived from a flight hang on it
// directly and cost no goroutine, and context.Cause works.
type flight struct {
	node  *node
	kind  HookKind
	work  bool  // the work context of a Run, not a call of its own
	until int64 // when the context ends by itself, 0: never; fixed before the hook sees it

	// Guarded by app.mu.
	deadline int64 // when the hook is abandoned; 0: never
	cutAt    int64 // when its context is ended: deadline less the window
	bound    bound // what set the deadline
	cause    error // why its context was ended early, nil while it was not
	asked    bool  // a Run that has been asked to end

	calledOff bool // a Start that was in progress when the stop began
	overran   bool // its context ended because its deadline was near

	mu     sync.Mutex
	inner  context.Context // guarded by mu, nil until somebody asks
	cancel context.CancelCauseFunc
	ended  error // guarded by mu: the cause of an end that came before inner
}

// flightChunk is how many flights are allocated at a time.
const flightChunk = 32

// newFlight returns a flight for one hook.
func (s *scheduler) newFlight(n *node, k HookKind) *flight {
	if len(s.flights) == 0 {
		s.flights = make([]flight, flightChunk)
	}
	f := &s.flights[0]
	s.flights = s.flights[1:]
	f.node, f.kind = n, k
	return f
}

// bound says what determined a hook's deadline, and so what it means to miss it.
type bound uint8

const (
	boundNone   bound = iota
	boundLimit        // its own limit
	boundPhase        // the limit of its phase
	boundBudget       // the grace period, less what is reserved for others
	boundHurry        // the end of a hurried stop
)

var boundNames = [...]string{"", "over its limit", "over its phase's limit", "over the grace period", "hurried"}

// flightKey is the context key under which a flight answers with itself.
type flightKey struct{}

// flightOf returns the flight that ctx descends from, nil for none.
func flightOf(ctx context.Context) *flight {
	f, _ := ctx.Value(flightKey{}).(*flight)
	return f
}

// Deadline returns when the context ends at the latest. Start's and Run's have
// no deadline: what they launch may outlive them.
func (f *flight) Deadline() (time.Time, bool) {
	if f.until == 0 {
		return time.Time{}, false
	}
	return f.node.app.timeAt(f.until), true
}

// Done implements context.Context.
func (f *flight) Done() <-chan struct{} { return f.real().Done() }

// Err implements context.Context.
func (f *flight) Err() error { return f.real().Err() }

// Value implements context.Context. It hands every key it does not know on, so
// that the values given to Run and the profiler labels are seen.
func (f *flight) Value(key any) any {
	if key == (flightKey{}) || key == (owner.Key{}) {
		return f
	}
	f.mu.Lock()
	inner := f.inner
	f.mu.Unlock()
	if inner != nil {
		return inner.Value(key)
	}
	return f.node.base.Value(key)
}

// real returns the standard library's context behind the flight.
func (f *flight) real() context.Context {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inner == nil {
		parent := f.node.base
		stop := context.CancelFunc(func() {})
		if f.until != 0 && f.ended == nil {
			parent, stop = context.WithDeadlineCause(parent, f.node.app.timeAt(f.until), f.overrun())
		}
		var cancel context.CancelCauseFunc
		f.inner, cancel = context.WithCancelCause(parent)
		f.cancel = func(cause error) { cancel(cause); stop() }
		if f.ended != nil {
			f.cancel(f.ended)
		}
	}
	return f.inner
}

// end ends the context. It takes no lock but the flight's own, and is called
// without app.mu: a context may have many children.
func (f *flight) end(cause error) {
	f.mu.Lock()
	cancel := f.cancel
	if f.ended == nil {
		f.ended = cause
	}
	f.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
}

// overrun returns the cause with which the context of an overrunning hook ends.
func (f *flight) overrun() error {
	s := f.slot()
	return &OverrunError{
		Component: f.node.name,
		Hook:      f.node.kind(f.kind),
		Allowed:   time.Duration(s.deadline.Load() - s.began.Load()),
	}
}

func (f *flight) slot() *slot { return &f.node.slots[f.kind] }

// title reads `drain "http"`, for people.
func (f *flight) title() string { return f.node.title(f.kind) }

// WorkContext returns the context under which work that a component's Run has
// begun is finished. It has the values of ctx, which is Run's context or
// descends from it, and ends only at the component's drain deadline or when the
// stop is hurried; not when ctx ends. Outside of a Run it returns ctx itself:
// the contexts of other hooks are for finishing already.
//
// For a task of a scope, or a context that descends from one's, it is
// [scope.WorkContext].
func WorkContext(ctx context.Context) context.Context { return scope.WorkContext(ctx) }

// Scope and Work make a flight the owner of the contexts that descend from it; see
// [scope.From].
func (f *flight) Scope() *scope.Scope { return f.node.taskScope() }

func (f *flight) Work(ctx context.Context) context.Context {
	if f.kind != HookRun || f.work {
		return ctx
	}
	work := f.node.work
	if ctx == context.Context(f) {
		return work
	}
	return workContext{work, context.WithoutCancel(ctx)}
}

// workContext is a work context with the values of a context derived from
// Run's. Those come through WithoutCancel, which does not answer when package
// context looks for the context behind another: that is the flight's, so that
// context.Cause tells of the work, and contexts derived from it cost no goroutine.
type workContext struct {
	*flight
	values context.Context
}

// Value implements context.Context.
func (c workContext) Value(key any) any {
	if key == (flightKey{}) || key == (owner.Key{}) {
		return c.flight
	}
	if v := c.values.Value(key); v != nil {
		return v
	}
	return c.flight.Value(key)
}

// StopCause returns why the app is stopping: the first cause's error, for any
// context that a hook was given or one derived from it. It returns nil while
// the app is not stopping, and for contexts of no app.
func StopCause(ctx context.Context) error {
	f := flightOf(ctx)
	if f == nil {
		return nil
	}
	if causes := f.node.app.causes.Load(); causes != nil {
		return (*causes)[0].err
	}
	return nil
}

// StillRunning names the hooks that were abandoned, still run, and may use the
// component in whose hook it is called, because it is one of their dependencies:
// `drain "http"`. A Stop that frees memory or files may want to know.
func StillRunning(ctx context.Context) []string {
	f := flightOf(ctx)
	if f == nil {
		return nil
	}
	a := f.node.app
	a.mu.Lock()
	defer a.mu.Unlock()
	var names []string
	for _, n := range a.dependantsLocked(f.node) {
		for k := range n.slots {
			if s := &n.slots[k]; s.get() == Abandoned && !s.returned() {
				names = append(names, n.title(HookKind(k)))
			}
		}
	}
	return names
}

// returned reports whether an abandoned hook has returned after all.
func (s *slot) returned() bool {
	d := s.detail.Load()
	return d != nil && d.late != 0
}
