// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

// A Task is a handle to one task, for who wants to wait for it or to cancel it. It is
// safe for concurrent use. [Scope.Start] returns it.
type Task struct {
	kind    *kind
	own     *own                          // its own end, if it was asked for
	err     error                         // set before outcome
	outcome atomic.Uint32                 // Running until it has ended
	inline  bool                          // on the goroutine of a caller, who gets its panic
	done    atomic.Pointer[chan struct{}] // made by who waits first
}

// Start is [Scope.Go] with a handle, and options for this task alone.
func (s *Scope) Start(ctx context.Context, name string, f func(ctx context.Context) error, options ...TaskOption) (*Task, error) {
	n, t, err := s.prepare(ctx, name, f, options)
	if err != nil {
		return nil, err
	}
	go n.run()
	return t, nil
}

// prepare admits a task with a handle. Its node is to be run.
func (s *Scope) prepare(ctx context.Context, name string, f func(context.Context) error, options []TaskOption) (*node, *Task, error) {
	c := configure(options)
	s.catchUp()
	s.lock()
	n, err := s.admitLocked(ctx, name, c.weight, true)
	if err != nil {
		s.mu.Unlock()
		return nil, nil, err
	}
	k := n.kind
	if c.timeout > 0 {
		k.warmLocked()
	}
	t := &Task{kind: k}
	n.f, n.task = f, t
	s.mu.Unlock()
	if c.cancel || c.timeout != 0 {
		t.own = newOwn(k, c.timeout)
	}
	return n, t, nil
}

// Name returns the task's name.
func (t *Task) Name() string { return t.kind.name }

// Done returns a channel that is closed when the task has ended.
func (t *Task) Done() <-chan struct{} {
	if c := t.done.Load(); c != nil {
		return *c
	}
	c := make(chan struct{})
	if !t.done.CompareAndSwap(nil, &c) {
		return *t.done.Load()
	}
	if t.Outcome() != Running { // it may not have seen the channel
		t.closeDone(&c)
	}
	return c
}

// closeDone closes the channel once: whoever takes it out, and leaves a closed one,
// closes it.
func (t *Task) closeDone(c *chan struct{}) {
	if c != &closedChannel && t.done.CompareAndSwap(c, &closedChannel) {
		close(*c)
	}
}

var closedChannel = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// resolve is the end of the task.
func (t *Task) resolve(o Outcome, err error) {
	t.err = err
	t.outcome.Store(uint32(o))
	if c := t.done.Load(); c != nil {
		t.closeDone(c)
	}
}

// Outcome returns how the task ended, [Running] if it has not.
func (t *Task) Outcome() Outcome { return Outcome(t.outcome.Load()) }

// Wait waits for the end of the task and returns its error: nil, or a [*TaskError].
// If ctx ends first it returns [context.Cause] of that, and the task goes on.
func (t *Task) Wait(ctx context.Context) error {
	if t.Outcome() == Running {
		select {
		case <-t.Done():
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return t.err
}

// Cancel ends the contexts of this task alone, with the cause; nil stands for
// [context.Canceled]. That the task returns one of them is then no failure. Cancel does
// not wait. It panics for a task that was started without
// [Cancelable] and [Timeout].
func (t *Task) Cancel(cause error) {
	if t.own == nil {
		panic(fmt.Sprintf("scope: Cancel of task %q, which was not started as Cancelable", t.kind.name))
	}
	if cause == nil {
		cause = context.Canceled
	}
	t.own.called.CompareAndSwap(nil, &cause)
	t.own.end(cause)
}

// A TaskOption changes one task that [Scope.Start] starts.
type TaskOption interface{ applyTask(*taskConfig) }

type taskConfig struct {
	weight  int
	cancel  bool
	timeout time.Duration
}

// configure is apart from Start because what options are applied to is allocated.
func configure(options []TaskOption) taskConfig {
	if len(options) == 0 {
		return taskConfig{weight: 1}
	}
	c := taskConfig{weight: 1}
	for _, o := range options {
		o.applyTask(&c)
	}
	return c
}

type taskOption func(*taskConfig)

func (f taskOption) applyTask(c *taskConfig) { f(c) }

// Cancelable gives the task contexts of its own, which [Task.Cancel] ends, and its
// return.
func Cancelable() TaskOption { return taskOption(func(c *taskConfig) { c.cancel = true }) }

// Timeout ends the task's contexts after d with [context.DeadlineExceeded], which is
// its error if it returns that. They end with its return, too. How much of d tasks of this name use is told by
// [Survey]. 0 is no timeout; a negative one has passed already.
func Timeout(d time.Duration) TaskOption { return taskOption(func(c *taskConfig) { c.timeout = d }) }

// Weight sets how many slots of the scope's limit the task takes: less than 1 counts
// as 1, and more than the limit fails. Without a limit it means nothing.
func Weight(slots int) TaskOption {
	return taskOption(func(c *taskConfig) { c.weight = min(max(1, slots), math.MaxInt32) })
}

// An own is what a task has that ends by itself: contexts and a timeout.
type own struct {
	kind    *kind
	timeout time.Duration
	began   time.Duration

	called             atomic.Pointer[error] // the cause given to Task.Cancel
	take, work         context.Context
	endTake, endWork   context.CancelCauseFunc
	stopTake, stopWork context.CancelFunc
}

func newOwn(k *kind, timeout time.Duration) *own {
	o := &own{kind: k, timeout: timeout, began: now()}
	o.take, o.endTake = context.WithCancelCause(k.ctx)
	o.work, o.endWork = context.WithCancelCause(k.scope.work)
	o.stopTake, o.stopWork = func() {}, func() {}
	if timeout != 0 {
		o.take, o.stopTake = context.WithTimeout(o.take, timeout)
		o.work, o.stopWork = context.WithTimeout(o.work, timeout)
	}
	return o
}

// begin returns the context that the task is given.
func (o *own) begin() context.Context { return context.WithValue(o.take, ownerKey, o) }

// calledOff reports whether err only says that Cancel was called.
func (o *own) calledOff(err error) bool {
	cause := o.called.Load()
	return cause != nil && (errors.Is(err, context.Canceled) || errors.Is(err, *cause))
}

// end ends both contexts, the one that wakes the task last: its own end must not give
// the other another cause.
func (o *own) end(cause error) {
	o.endWork(cause)
	o.endTake(cause)
}

// finish gives back what the contexts hold, and notes how much of the timeout was
// used.
func (o *own) finish() {
	o.end(context.Canceled)
	o.stopTake()
	o.stopWork()
	if o.timeout > 0 {
		o.kind.heat.note(now()-o.began, o.timeout)
	}
}

// Scope and Work make it the owner of the task's contexts.
func (o *own) Scope() *Scope { return o.kind.scope }

func (o *own) Work(ctx context.Context) context.Context {
	return workContext{o.work, context.WithoutCancel(ctx)}
}
