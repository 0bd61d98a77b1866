// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"fmt"
)

// OnAnnounce registers f to be called in the announce phase: beside every
// component's Announce and the readiness delay, while everything is still
// served. It is short for [App.Hook] without options.
func (a *App) OnAnnounce(name string, f func(context.Context) error) error {
	return a.addHook(PhaseAnnounce, name, f, callerPC(), nil)
}

// OnFlush registers f to be called in the flush phase: after everything but
// the outer components has stopped. It is short for [App.Hook] without options,
// and uses types of the standard library only, so that a library can register
// through an interface of its own without importing this package.
func (a *App) OnFlush(name string, f func(context.Context) error) error {
	return a.addHook(PhaseFlush, name, f, callerPC(), nil)
}

// Hook registers a free hook: a function that belongs to no component. Only
// [PhaseAnnounce] and [PhaseFlush] take free hooks; all hooks of a phase run
// concurrently. Registration is open until the phase begins, then Hook returns
// [ErrPhaseClosed]. It also returns an error, and registers nothing, for a nil
// function, an empty name, one that the phase already has, another phase, and
// options that do not fit.
func (a *App) Hook(p Phase, name string, f func(context.Context) error, opts ...HookOption) error {
	return a.addHook(p, name, f, callerPC(), opts)
}

func (a *App) addHook(p Phase, name string, f func(context.Context) error, site uintptr, opts []HookOption) error {
	n := &node{app: a, name: name, site: site, traits: traits{free: true}}
	fail := func(format string, args ...any) error {
		return fmt.Errorf("quiesce: app %q: hook %q (%s): %w", a.name, name, placeOf(site), fmt.Errorf(format, args...))
	}
	switch {
	case p == PhaseAnnounce:
		n.comp.Announce = f
	case p == PhaseFlush:
		n.comp.Stop = f
	default:
		return fail("%v takes no free hooks, only announce and flush do", p)
	}
	switch {
	case f == nil:
		return fail("nil function")
	case name == "":
		return fail("empty name")
	}
	var problem error
	d := &addition{n: n, problem: func(format string, args ...any) {
		if problem == nil {
			problem = fail(format, args...)
		}
	}}
	for _, o := range opts {
		if o == nil {
			return fail("nil option")
		}
		o.applyHook(d)
	}
	if problem == nil {
		problem = reserveProblem(n, fail)
	}
	if problem != nil {
		return problem
	}
	return a.registerHook(p, n, fail)
}

// reserveProblem checks what can be checked of a free hook's timing at once.
func reserveProblem(n *node, fail func(string, ...any) error) error {
	t := n.timing
	switch {
	case t == nil:
		return nil
	case n.traits.bestEffort && t.critical:
		return fail("is critical and best effort: choose one")
	case t.critical && t.limits[n.phaseOf(n.freeKind())] > 0 && t.reserve > t.limits[n.phaseOf(n.freeKind())]:
		return fail("reserve %v is larger than its limit %v", t.reserve, t.limits[n.phaseOf(n.freeKind())])
	}
	return nil
}

// registerHook puts a free hook among those of its phase while that is open.
func (a *App) registerHook(p Phase, n *node, fail func(string, ...any) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	hooks := &a.building.announce
	if p == PhaseFlush {
		hooks = &a.building.flush
	}
	if a.sched.begun[p] || a.State() == StateStopped {
		return fail("%w", ErrPhaseClosed)
	}
	key := "\x00" + p.String() + n.name // apart from the names of components
	if first := a.names[key]; first != nil {
		return fail("duplicate name in %v, first registered at %s", p, placeOf(first.site))
	}
	if g := a.graph.Load(); g != nil {
		if problem := a.lateReserveProblem(p, n); problem != nil {
			return fail("%w", problem)
		}
		n.base = a.labelled(n)
	}
	a.names[key] = n
	*hooks = append(*hooks, n)
	if a.graph.Load() != nil { // a report of a stop that ends before the phase names it too
		a.publishGraphLocked()
	}
	return nil
}

// labelledName is the value of the profiler label of a node's goroutines.
func (n *node) labelledName() string { return n.app.label + "/" + n.name }
