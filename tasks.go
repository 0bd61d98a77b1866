// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-quiesce/quiesce/internal/owner"
	"github.com/go-quiesce/quiesce/scope"
)

/*
Every component has a scope, made when somebody asks for it: scope.From of any
context that a hook was given, or that descends from one, as those of requests do.

	scope.From(ctx).Go(ctx, "refresh", c.refresh)

In a stop it is one more thing that the component has to drain and to stop:

  - When the component's own Drain has ended (or its Run, if it has no Drain) the
    scope takes no new work, and its tasks are waited for. Before the deadline what
    they have begun is cancelled too.
  - At its turn to stop everything in it is cancelled and waited for, for half of
    Stop's time. Then Stop is called.

So a component with tasks has a Drain and a Stop even if it set none. A scope that is
first asked for after one of these turns is what that would have made of it.
*/

// Tasks returns what runs in the scopes of the app's components, nil if none of them
// has asked for its scope; see [scope.From]. It may be called at any time.
func (a *App) Tasks() *scope.Survey {
	if s := a.tasks.Load(); s != nil {
		return s.Survey()
	}
	return nil
}

// rootScope returns the scope above those of all components.
func (a *App) rootScope() *scope.Scope {
	if s := a.tasks.Load(); s != nil {
		return s
	}
	s := scope.New(rootBase{a.values}, a.name, scope.WithPolicy(scope.Isolate), scope.WithAges(), scope.RecoverPanics(a.shoutTask))
	if !a.tasks.CompareAndSwap(nil, s) {
		_ = s.Stop()
	}
	return a.tasks.Load()
}

// rootBase is a context for the root scope. Whatever scope Run's context belongs to is
// not the one above: its end is a reason for a stop, and not to cut off what is to be
// drained.
type rootBase struct{ context.Context }

// Value implements context.Context.
func (c rootBase) Value(key any) any {
	if key == (owner.Key{}) {
		return nil
	}
	return c.Context.Value(key)
}

// taskScope returns the component's scope.
func (n *node) taskScope() *scope.Scope {
	if s := n.scope(); s != nil {
		return s
	}
	root := n.app.rootScope()
	base := context.WithValue(n.base, flightKey{}, &flight{node: n, kind: HookFree}) // for StopCause, and Wait
	s := scope.New(taskBase{base, root}, n.name, scope.WithPolicy(scope.Isolate), scope.WithErrors(n.taskFailed))
	if first, lost := n.app.scopes.LoadOrStore(n, s); lost {
		_ = s.Stop()
		return first.(*scope.Scope)
	}
	switch n.turnsTaken() {
	case scope.Draining:
		s.Shut(n.app.stopError())
	case scope.Cancelled:
		s.Cancel(n.app.stopError())
	}
	return s
}

// turnsTaken returns how far the component's scope has to be by now: what its turns in
// the stop would have done to it, if it had been there.
func (n *node) turnsTaken() scope.State {
	a := n.app
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.sched.pass
	switch {
	case a.isOver():
		return scope.Cancelled
	case p == nil || p.phase < PhaseDrain || n.traits.outer && !p.outer || n.traits.free:
		return scope.Open
	case p.outer && !n.traits.outer, p.phase > PhaseStop, p.phase == PhaseStop && n.hasTaken(p, HookStop):
		return scope.Cancelled
	case p.phase == PhaseStop, n.hasTaken(p, HookDrain):
		return scope.Draining
	default:
		return scope.Open
	}
}

// hasTaken reports whether the component's turn in a pass is over, of which k is the
// last hook: it has none, or that has ended.
func (n *node) hasTaken(p *pass, k HookKind) bool {
	own := n.comp.Drain
	if k == HookStop {
		own = n.comp.Stop
	}
	return int(n.step) == len(p.hooks(n)) && (own == nil || n.slots[k].settled())
}

// scope returns the component's scope if somebody has asked for it.
func (n *node) scope() *scope.Scope {
	if n.app.tasks.Load() == nil {
		return nil
	}
	s, _ := n.app.scopes.Load(n)
	found, _ := s.(*scope.Scope)
	return found
}

// taskBase is a context for a child of the root scope.
type taskBase struct {
	context.Context
	root *scope.Scope
}

// Value implements context.Context.
func (c taskBase) Value(key any) any {
	if key == (owner.Key{}) {
		return c
	}
	return c.Context.Value(key)
}

// Scope and Work make it its own owner.
func (c taskBase) Scope() *scope.Scope { return c.root }

func (c taskBase) Work(ctx context.Context) context.Context { return ctx }

// taskFailed is told of every task of the component that failed: it is why we stop,
// as a Run that fails is.
func (n *node) taskFailed(e *scope.TaskError) {
	c := newCause(CauseFailure, e)
	c.component = n.name
	if p, ok := e.Err.(*PanicError); ok {
		c.stack = p.Stack
	}
	n.app.requestStop(c)
}

// shoutTask prints the panic of a task at once, and stops the app if the task is of a
// scope that somebody has made below a component's: that scope's own error may go
// nowhere.
func (a *App) shoutTask(p *PanicError) {
	text := fmt.Sprintf("quiesce: app %q: a task panicked: %v\n\n%s\n", a.name, p.Value, p.Stack)
	a.within(shoutPatience, "panic", func() { io.WriteString(os.Stderr, text) })
	c := newCause(CauseFailure, p)
	c.stack = p.Stack
	a.requestStop(c)
}

// drainFn returns the component's Drain with its tasks after it, of which the Drain
// may start the first; nil if it has neither. Before the call it only matters whether
// there is one.
func (n *node) drainFn() func(context.Context) error {
	if n.traits.free || n.scope() == nil && n.slots[HookDrain].get() != Running {
		return n.comp.Drain
	}
	return n.drain
}

func (n *node) drain(ctx context.Context) error {
	var err error
	if n.comp.Drain != nil {
		err = enterDrain(n.comp.Drain, flightOf(ctx)) // where its stack begins in the report
	}
	if tasks := n.scope(); tasks != nil {
		err = joined(err, drainTasks(ctx, tasks, n.app.stopError()))
	}
	return err
}

// lastMoments is how long tasks may take to end when their hook's time is over:
// half of the window that hooks have.
const lastMoments = maxWindow / 2

// drainTasks waits for the work that tasks have begun, and cancels it when ctx ends.
func drainTasks(ctx context.Context, tasks *scope.Scope, why error) error {
	began := time.Now()
	tasks.Shut(why)
	if tasks.Wait(ctx) == nil {
		return nil
	}
	tasks.Cancel(context.Cause(ctx))
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastMoments)
	defer cancel()
	if tasks.Wait(last) == nil {
		return context.Cause(ctx)
	}
	return &scope.UnstoppedError{Scope: tasks.Path(), After: time.Since(began), Cause: context.Cause(ctx), Survey: tasks.Survey()}
}

// stopFn returns the component's Stop with the end of its tasks before it, and of those
// after it that it was the first to start; nil if it has neither. It is as drainFn.
func (n *node) stopFn() func(context.Context) error {
	if n.traits.free || n.scope() == nil && n.slots[HookStop].get() != Running {
		return n.comp.Stop
	}
	return n.stop
}

func (n *node) stop(ctx context.Context) error {
	var err error
	tasks := n.scope()
	if tasks != nil {
		err = stopTasks(ctx, tasks, n.app.stopError())
	}
	if n.comp.Stop != nil {
		err = joined(enterStop(n.comp.Stop, flightOf(ctx)), err)
	}
	if own := n.scope(); own != tasks {
		err = joined(err, stopTasks(ctx, own, n.app.stopError()))
	}
	return err
}

// joined leaves an error that is alone as it is.
func joined(err, more error) error {
	if err == nil {
		return more
	}
	if more == nil {
		return err
	}
	return errors.Join(err, more)
}

// stopTasks ends everything in the scope. What does not end in half of the time is
// left behind, and named.
func stopTasks(ctx context.Context, tasks *scope.Scope, why error) error {
	tasks.Cancel(why)
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	return tasks.Close(ctx)
}

// endTasks is the end of the app: what still runs in scopes should know.
func (a *App) endTasks() {
	if s := a.tasks.Load(); s != nil {
		s.Cancel(a.stopError())
	}
}
