// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"iter"
	"runtime/debug"
	"runtime/pprof"
	"time"
)

/*
What a task costs is the point of this package: a scope is worth having only if
nobody has a reason to write a bare go statement instead. Three things make it so.

  - A task's record, its node, is taken from a list of free ones under the lock
    that links it, and goes back when the task has ended.
  - run is bound to its node once, when that is made: a go statement with a
    function value that has no arguments needs no closure.
  - The labelled context is made once for each name and shared by all of its tasks.

A node is all that a scope knows of a running task, and so it keeps nothing alive:
main takes the function and the handle off it before it calls the function. A table
of running functions, contexts, results or channels would hide from the garbage
collector, and so from the runtime's leak profile, what nobody else holds.
*/

// A node is the record of one task, and after it of another.
type node struct {
	kind       *kind
	run        func()                      // main, bound
	f          func(context.Context) error // until main has begun
	task       *Task                       // its handle, until main has begun; usually nil
	prev, next *node                       // in the kind's list; next also links free ones
	since      time.Duration               // when it was admitted or first seen, on the clock of now; 0: not known
	weight     int32                       // slots that it takes
	abandoned  bool                        // Close has given it up
}

// A kind is what all tasks of one name in one scope share.
type kind struct {
	scope *Scope
	name  string
	ctx   context.Context // what tasks are given: labelled, and knows its kind
	first *node           // the youngest that runs
	live  int             // how many run
	heat  *heat           // how much of their deadlines they used; nil without

	worker *Worker // if it is a worker's own kind, of which that is the only task
}

const (
	// maxKinds bounds the names of one scope: made-up ones, with a number in them,
	// would make every profile bigger for ever. Tasks beyond are called otherKind.
	maxKinds  = 1000
	otherKind = "(other)"

	// maxSpare is how many free nodes a scope keeps more than are in use.
	maxSpare = 4096
)

// epoch is the zero of the clock of now. A time.Time that is subtracted from
// needs one reading of the monotonic clock, where time.Now takes two clocks.
var epoch = time.Now()

func now() time.Duration { return time.Since(epoch) }

func (s *Scope) kindLocked(name string) *kind {
	if k := s.recent; k != nil && k.name == name {
		return k
	}
	k := s.kinds[name]
	if k == nil {
		k = s.newKindLocked(name)
	}
	s.recent = k
	return k
}

func (s *Scope) newKindLocked(name string) *kind {
	if len(s.kinds) >= maxKinds && name != otherKind {
		if k := s.kinds[otherKind]; k != nil {
			return k
		}
		name = otherKind
	}
	k := &kind{scope: s, name: name}
	k.ctx = label(context.WithValue(s.labelled, ownerKey, k), s.path, name)
	s.kinds[name] = k
	return k
}

// label returns ctx with the labels of a task.
func label(ctx context.Context, path, task string) context.Context {
	return pprof.WithLabels(ctx, pprof.Labels(LabelScope, path, LabelTask, task))
}

// linkLocked admits a task: it returns a node for it, linked.
func (s *Scope) linkLocked(name string, weight int) *node {
	k := s.kindLocked(name)
	n := s.free
	if n == nil {
		n = new(node)
		n.run = n.main
	} else {
		s.free = n.next
		s.spare--
	}
	n.kind = k
	n.weight = int32(weight)
	s.slots.used += weight
	n.since = 0
	if s.cfg.ages {
		n.since = now()
	}
	k.link(n)
	s.live++
	s.admitted++
	return n
}

// nodesLocked yields the nodes of all tasks.
func (s *Scope) nodesLocked() iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for _, k := range s.kinds {
			for n := k.first; n != nil; n = n.next {
				if !yield(n) {
					return
				}
			}
		}
		for k := range s.workers {
			if !yield(k.first) {
				return
			}
		}
	}
}

func (k *kind) link(n *node) {
	n.prev, n.next = nil, k.first
	if k.first != nil {
		k.first.prev = n
	}
	k.first = n
	k.live++
}

func (k *kind) unlink(n *node) {
	if n.prev == nil {
		k.first = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next != nil {
		n.next.prev = n.prev
	}
	k.live--
}

// releaseLocked unlinks the node of a task that has ended.
func (s *Scope) releaseLocked(n *node) {
	k := n.kind
	k.unlink(n)
	if k.worker != nil {
		delete(s.workers, k)
	}
	s.live--
	if s.live == 0 && s.quiet != nil {
		close(s.quiet)
		s.quiet = nil
	}
	n.kind, n.prev, n.next, n.abandoned = nil, nil, nil, false
	switch most := maxSpare + s.live; {
	case s.spare < most:
		n.next, s.free = s.free, n
		s.spare++
	case s.spare > most: // by one, as live was one more when it was looked at last
		s.free = s.free.next
		s.spare--
	}
}

// An ending is how a task's function came back.
type ending struct {
	returned bool
	err      error
}

// main is a task's goroutine.
func (n *node) main() {
	k, f, t := n.kind, n.f, n.task
	n.f, n.task = nil, nil
	var e ending
	defer n.end(t, &e)
	ctx := k.ctx
	pprof.SetGoroutineLabels(ctx)
	if t != nil && t.own != nil {
		ctx = t.own.begin()
	}
	e.err = f(ctx)
	e.returned = true
}

// end is deferred, so that a panic and a Goexit come here too.
func (n *node) end(t *Task, e *ending) {
	switch {
	case !e.returned:
		n.kind.scope.broken(n, t, recover())
	case e.err != nil:
		n.kind.scope.failed(n, t, OK, e.err)
	default:
		n.kind.scope.leave(n, t, OK, nil, true)
	}
}

// broken is the end of a task that did not return. v is what recover returned.
func (s *Scope) broken(n *node, t *Task, v any) {
	if v == nil {
		s.failed(n, t, Exited, ErrExited)
		return
	}
	if !s.cfg.recover {
		if t == nil || !t.inline {
			crash(v) // here and now: the stack above is still the one of the panic
		}
		defer crash(v) // it is the caller's, but not before the task has ended
	}
	p := newPanicError(v)
	defer func() {
		crash(recover())
		s.failed(n, t, Panicked, p)
	}()
	s.shout(p)
}

func newPanicError(v any) *PanicError { return &PanicError{Value: v, Stack: string(debug.Stack())} }

// shout tells of a panic, on the goroutine that has panicked, before its stack is gone.
func (s *Scope) shout(p *PanicError) {
	if s.cfg.tell != nil {
		s.cfg.tell(p)
	}
}

// failed is the end of a task that has an error, if it is one.
func (s *Scope) failed(n *node, t *Task, o Outcome, err error) {
	failure := s.judge(n.kind.current(), t, o, err)
	if failure == nil {
		s.leave(n, t, OK, nil, false)
		return
	}
	defer func() {
		crash(recover())
		s.leave(n, t, failure.Outcome, failure, false)
	}()
	if s.keep(failure) {
		s.cancelNow(failure)
	}
	if s.cfg.onError != nil {
		s.cfg.onError(failure)
	}
}

// crash goes on with the panic of a function of the user. One that calls Goexit
// instead does not keep the task from its end.
func crash(v any) {
	if v != nil {
		panic(v)
	}
}

// leave is the last that a task does. Whoever waits for it, or for the scope, finds
// that all the rest was done before.
func (s *Scope) leave(n *node, t *Task, o Outcome, err error, success bool) {
	if t != nil && t.own != nil {
		t.own.finish()
	}
	s.lock()
	if len(s.slots.queue) > 0 {
		s.mu.Unlock()
		s.catchUp() // nobody is let in any more if New's context has ended
		s.mu.Lock()
	}
	decided := s.countLocked(n, o, success)
	if t != nil {
		t.resolve(o, err)
	}
	s.giveSlotsLocked(int(n.weight))
	s.releaseLocked(n)
	last := s.state == Closed && s.live == 0
	s.mu.Unlock()
	if decided {
		s.cancelNow(ErrDecided)
	}
	if last {
		s.depart() // it was kept because of the abandoned
	}
}
