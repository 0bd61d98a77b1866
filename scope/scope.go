// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
)

// A Scope owns goroutines, its tasks: each has a name, runs under the scope's
// context, and is counted until it has ended. Scopes form a tree.
//
// Make one with [New]. All methods are safe for concurrent use, and none holds a
// lock while it waits or calls a function of the user.
type Scope struct {
	name   string
	path   string // "shop/http": the names from the root
	parent *Scope // nil for a root
	cfg    config
	ctx    context.Context // New's, if it can end; else nil
	above  context.Context // its work context

	unfollow func() bool   // lets go of ctx
	followed atomic.Bool   // it was shut because its parent was
	told     atomic.Bool   // everything below has heard that s was cancelled
	place    *list.Element // among parent's children; guarded by its mu

	// take ends when no new work may be taken, work when what was begun is to end.
	take, work       context.Context
	endTake, endWork context.CancelCauseFunc

	// labelled is take with the scope's labels. Contexts of tasks are made from it
	// with mu held: it answers for the labels before it comes to the user's ctx.
	labelled context.Context

	mu       sync.Mutex // guards what follows, and nodes, kinds and policies
	state    State
	cause    error // why it was shut or cancelled: the latest reason that counts
	shut     error // why it was shut, if it was
	live     int   // tasks that have not ended
	admitted uint64
	recent   *kind // the one that was last asked for
	kinds    map[string]*kind
	workers  map[*kind]struct{} // the own kinds of workers
	free     *node              // linked by next
	spare    int                // how many are free
	children list.List          // of *Scope, in the order in which they were made
	past     uint64             // what countAdmitted said of children that are gone
	quiet    chan struct{}      // closed when live is 0; nil if nobody waits for that
	slots    slots
	endings  endings
}

// New makes a scope. If ctx belongs to a scope already, as that of a task does, the
// new one is its child: it is cancelled and closed with it. Otherwise it is a root.
//
// Tasks see the values of ctx. When ctx ends, the scope is cancelled with its cause;
// but if it ended because the parent takes no new work, the child takes none either,
// as [Scope.Shut] says. Work in flight that needs a scope of its own for what it has
// begun makes it from its [WorkContext].
//
// Whoever makes a scope ends it, with [Scope.Stop] or [Scope.Close]: a parent keeps
// its children until then. The name should be a constant: names are profiler
// labels, and every different one is kept for as long as the scope is.
func New(ctx context.Context, name string, options ...Option) *Scope {
	parent := From(ctx)
	s := &Scope{name: name, path: name, parent: parent, cfg: defaults(parent)}
	for _, o := range options {
		o.apply(&s.cfg)
	}
	if parent != nil {
		s.path = parent.path + "/" + name
	}
	s.slots.size = s.cfg.limit
	s.kinds = make(map[string]*kind)
	s.above = WorkContext(ctx)
	s.work, s.endWork = context.WithCancelCause(s.above)
	s.take, s.endTake = context.WithCancelCause(ctx)
	s.labelled = label(s.take, s.path, "")
	if ctx.Done() != nil {
		s.ctx = ctx
		s.unfollow = context.AfterFunc(ctx, s.follow)
	}
	if parent != nil {
		parent.adopt(s)
	}
	return s
}

// Name returns the name that was given to New.
func (s *Scope) Name() string { return s.name }

// Path returns the names of the scope and those above it, from the root:
// "shop/http". It is the profiler label "scope" of its tasks.
func (s *Scope) Path() string { return s.path }

// Context returns the context that the scope's tasks are given, without the name
// of one: for work in flight that belongs to the scope and has its own goroutines,
// a server's BaseContext for example. It ends as theirs does.
func (s *Scope) Context() context.Context { return &scopeContext{s.labelled, s} }

// Go runs f on a goroutine of its own, as the task name, and returns. The context
// that f is given ends when the scope takes no new work; [WorkContext] gives the
// one that ends when it is cancelled. Both have the values of the context that was
// given to [New], not those of ctx, and the profiler labels "scope" and "task".
//
// ctx tells who asks. A scope that was shut admits only work that belongs to what
// is in flight: where ctx, or a context that it descends from, is that of a task of
// the scope or of one below it.
//
// Go returns an error that matches [ErrScopeClosed] and the cause if the scope does
// not admit the task: f was not called then and never will be. With a limit Go
// waits for its turn, and returns [context.Cause] of ctx if that ends first; work in
// flight that may have to wait in a scope that was shut gives its [WorkContext]. Go
// does not wait otherwise, and does not allocate in the long run.
//
// A task that waits for a slot of its own scope keeps its own meanwhile: with all of
// them doing so nothing goes on.
//
// The name should be a constant; see [New].
func (s *Scope) Go(ctx context.Context, name string, f func(ctx context.Context) error) error {
	return s.run(ctx, name, f, true)
}

// TryGo is [Scope.Go] for a caller that does not want to wait: it returns [ErrFull]
// if the limit is reached.
func (s *Scope) TryGo(ctx context.Context, name string, f func(ctx context.Context) error) error {
	return s.run(ctx, name, f, false)
}

func (s *Scope) run(ctx context.Context, name string, f func(ctx context.Context) error, wait bool) error {
	s.catchUp()
	s.lock()
	n, err := s.admitLocked(ctx, name, 1, wait)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	n.f = f
	s.mu.Unlock()
	go n.run()
	return nil
}

// lock is mu.Lock for those who start and end tasks by the million. They hold it for
// some 20 ns; but a Mutex that finds itself locked rests for microseconds (30 PAUSE
// instructions, of 140 cycles each on many processors) before it looks again.
func (s *Scope) lock() {
	for range lockTries {
		if s.mu.TryLock() {
			return
		}
	}
	s.mu.Lock()
}

// lockTries take about as long as a dozen others do, with a cache line to fetch each.
const lockTries = 128

// admitLocked returns the node of a new task, or why there is none. It gives the lock
// away for what may take time or is the user's.
func (s *Scope) admitLocked(ctx context.Context, name string, weight int, wait bool) (*node, error) {
	inner := false
	if s.state != Open || s.slots.fullFor(weight) { // only then it is of interest
		s.mu.Unlock()
		inner = s.Owns(ctx)
		s.mu.Lock()
	}
	err := s.refusalLocked(inner)
	switch {
	case err != nil:
	case !s.slots.fullFor(weight):
		return s.linkLocked(name, weight), nil
	case weight > s.slots.size:
		err = s.tooHeavy(weight)
	case !wait:
		err = ErrFull
	default:
		return s.queueLocked(ctx, &waiter{name: name, weight: weight, inner: inner, decided: make(chan struct{})})
	}
	s.endings.n[Refused]++
	return nil, err
}

// refusalLocked says why the scope's state does not admit a task, nil if it does.
// inner tells that it belongs to work in flight.
func (s *Scope) refusalLocked(inner bool) error {
	if s.state == Open || s.state == Draining && inner {
		return nil
	}
	return &ClosedError{Scope: s.path, State: s.state, Cause: s.cause}
}

// adopt makes c a child, which ends at once if the scope has ended.
func (s *Scope) adopt(c *Scope) {
	s.mu.Lock()
	over, cause := s.state >= Cancelled, s.cause
	c.place = s.children.PushBack(c)
	s.mu.Unlock()
	if over {
		c.cancelFromAbove(cause)
	}
}

// disown forgets a child that has ended.
func (s *Scope) disown(c *Scope) {
	n := 1 + c.countAdmitted()
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.place != nil {
		s.children.Remove(c.place)
		c.place = nil
		s.past += n
	}
}

// depart takes s off the tree if it has ended, and those above that have and were
// only kept because of s.
func (s *Scope) depart() {
	for at := s; at.parent != nil && at.State() == Closed && !at.holds(); at = at.parent {
		at.parent.disown(at)
	}
}

// offspring returns the children in the order in which they were made.
func (s *Scope) offspring() []*Scope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offspringLocked()
}

func (s *Scope) offspringLocked() []*Scope {
	if s.children.Len() == 0 {
		return nil
	}
	all := make([]*Scope, 0, s.children.Len())
	for e := s.children.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*Scope))
	}
	return all
}
