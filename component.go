// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"

	"github.com/go-quiesce/quiesce/drain"
)

// A Component is a named part of an app with a lifecycle. Every field is
// optional, but a component must set at least one of its functions; nothing is
// discovered by looking at what else a value can do.
//
// The app calls each hook at most once, on a goroutine of its own choosing, and
// holds no lock while it does. Hooks of one component do not overlap, with two
// exceptions: Run lives beside Announce and Drain, and a hook that was abandoned
// goes on beside those after it. So Drain must be safe beside an Announce, and
// Stop beside a Run or Drain, that was abandoned, as the Close methods of the
// standard library are. Stop is never called beside a Start.
//
// A Component is a plain value and may be copied before it is added.
type Component struct {
	// Start makes the component ready and returns. Dependants start only after
	// it returned nil. Its context ends when the app is asked to stop while
	// Start is still in progress, or when Start overruns its limit; it outlives
	// Start's return, so what Start launches may keep it. An error, a panic or
	// a Goexit fails the start of the app.
	Start func(ctx context.Context) error

	// Run does the component's work until its context ends. It begins after
	// the component's own Start and before its dependants' Starts. The context
	// ends when no new work may be taken; [WorkContext] gives the one under
	// which work that was begun is finished.
	//
	// A Run that returns before it was asked to, even with nil, stops the app
	// with [ErrEnded]; see [Job] and [MayEnd] for work that ends by itself.
	// The context's own error is a clean end.
	Run func(ctx context.Context) error

	// Announce tells others that this component is leaving: a registry, a load
	// balancer, a health service. It runs in the announce phase, beside every
	// other Announce and the readiness delay, while everything is still served.
	Announce func(ctx context.Context) error

	// Drain refuses new work, finishes what was started, and returns when
	// nothing is left. It runs once every dependant is quiet. A component with
	// Run and no Drain drains by returning from Run; with [Nothing] it keeps
	// running until every dependant has stopped.
	Drain func(ctx context.Context) error

	// Stop releases what the component holds. It is called whenever Start
	// returned nil (or the component has none and its turn to start had come),
	// after everything is quiet and every dependant's Stop has ended.
	Stop func(ctx context.Context) error

	// Force is the fallback for a hook that overruns: it is called once, from a
	// goroutine of its own, shortly before the hook's deadline or when the stop
	// is hurried, and makes the hook return: http.Server.Close, Process.Kill.
	// It must not wait. Nobody waits for it.
	Force func()

	// Serves says that clients come to this component, so that the readiness
	// delay is worth spending while it runs.
	Serves bool

	// Moments, if not nil, are what the component has open at each stage of its
	// drain. The report of a stop shows them.
	Moments *drain.Moments
}

// isEmpty reports whether the component has no hook at all.
func (c *Component) isEmpty() bool {
	return c.Start == nil && c.Run == nil && c.Announce == nil && c.Drain == nil && c.Stop == nil
}

// NoCtx adapts a function without a context, such as a Close method, to a hook.
// The hook cannot be interrupted: set [Component.Force] where that matters.
// A nil f gives a nil hook.
func NoCtx(f func() error) func(context.Context) error {
	if f == nil {
		return nil
	}
	return func(context.Context) error { return f() }
}

// Nothing is a hook that does nothing. As a Drain it keeps a component's Run
// going until its dependants have stopped: a proxy, a lease keeper.
func Nothing(context.Context) error { return nil }
