// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"fmt"
	"strconv"
	"time"
)

// A Handle stands for a component that was added to an app, so that others can
// need it. A nil handle is no dependency.
type Handle node

// An AddOption says how one app uses a component; see [App.Add]. The set is sealed.
type AddOption interface{ applyAdd(*addition) }

// A HookOption says how a free hook is used; see [App.Hook]. The set is sealed.
type HookOption interface{ applyHook(*addition) }

// A TimeOption is both an [AddOption] and a [HookOption].
type TimeOption interface {
	AddOption
	HookOption
}

// An addition is one call of Add or Hook while its options are read.
type addition struct {
	n       *node
	problem func(format string, args ...any)
}

type addFunc func(*addition)

func (f addFunc) applyAdd(d *addition) { f(d) }

type hookFunc func(*addition)

func (f hookFunc) applyHook(d *addition) { f(d) }

type timeFunc func(*addition)

func (f timeFunc) applyAdd(d *addition)  { f(d) }
func (f timeFunc) applyHook(d *addition) { f(d) }

// Needs makes the component depend on others of the same app: they are ready
// before it starts, and it is quiet, and later stopped, before they are. A nil
// handle is no dependency. Cycles cannot be written: a handle exists only after
// its component was added.
func Needs(handles ...*Handle) AddOption { return needs(handles) }

type needs []*Handle

func (hs needs) applyAdd(d *addition) {
	for _, h := range hs {
		need := (*node)(h)
		switch {
		case need == nil:
		case need.app != d.n.app:
			d.problem("needs %q, a component of another app (%q)", need.name, need.app.name)
		case d.n.traits.outer && !need.traits.outer:
			d.problem("is outer but needs %q, which is not: it would start before what it needs", need.name)
		case d.n.traits.outer != need.traits.outer:
			// An outer component is there before and after all others anyway.
		default:
			d.n.needs = append(d.n.needs, need)
		}
	}
}

// Critical reserves d of the grace period for each hook that the component has
// in a stop, or for the free hook: no hook before it can spend that time. Other
// hooks have a reserve of 1 % of the grace period. Zero reserves nothing but
// still has the hook called when the stop is hurried; negative is a mistake, and
// so is a reserve larger than the hook's limit.
func Critical(d time.Duration) TimeOption {
	return timeFunc(func(a *addition) {
		if d < 0 {
			a.problem("reserve %v is negative", d)
			return
		}
		t := a.n.timings()
		t.reserve, t.critical = d, true
	})
}

// Limit bounds the component's hook in phase p, or the free hook, whose phase p
// must be. It must be positive. In the drain and stop phases it bounds Run's
// end as well.
func Limit(p Phase, d time.Duration) TimeOption {
	return timeFunc(func(a *addition) {
		switch {
		case p >= numPhases:
			a.problem("limit for unknown %v", p)
		case d <= 0:
			a.problem("limit %v of %v is not positive", d, p)
		case a.n.traits.free && p != a.n.phaseOf(a.n.freeKind()):
			a.problem("limit for %v, but the hook runs in %v", p, a.n.phaseOf(a.n.freeKind()))
		default:
			a.n.timings().limits[p] = d
		}
	})
}

// Job says that the component's Run ends by itself: nil is success, and when
// all jobs have ended so, the app stops with code 0. A stop before that is
// never 0.
func Job() AddOption {
	return addFunc(func(d *addition) {
		if d.n.comp.Run == nil {
			d.problem("is a job but has no Run")
		}
		d.n.traits.job = true
	})
}

// MayEnd says that the component's Run may return nil whenever it likes; that
// is only recorded. An error still stops the app.
func MayEnd() AddOption {
	return addFunc(func(d *addition) {
		if d.n.comp.Run == nil {
			d.problem("may end but has no Run")
		}
		d.n.traits.mayEnd = true
	})
}

// Outer puts the component around all others: started before and stopped after
// everything else, flush included. Probes, admin servers and telemetry are
// outer. An outer component can need only outer ones; everybody else needs it
// without saying so.
func Outer() AddOption { return outerOption{} }

// outerOption is a type of its own because Needs has to know of it, wherever it
// stands among the options.
type outerOption struct{}

func (outerOption) applyAdd(d *addition) { d.n.traits.outer = true }

// Fallback sets what is called once when a free hook overruns, as Force is for
// components. It must not wait.
func Fallback(f func()) HookOption {
	return hookFunc(func(d *addition) {
		if f == nil {
			d.problem("nil fallback")
		}
		d.n.comp.Force = f
	})
}

// BestEffort says that nobody waits for the hook: it has no reserve, is skipped
// if less than its limit is left, and may run until the process exits. Temp
// files, last heartbeats and archives are best effort.
func BestEffort() HookOption {
	return hookFunc(func(d *addition) { d.n.traits.bestEffort = true })
}

// Add adds a component under a name that is unique in the app, and returns the
// handle that others need it by. It does not fail: a mistake (an empty or
// duplicate name, nothing in the component, a handle of another app) is
// collected, with the place of the call, and returned by [App.Plan] and
// [App.Run] before anything starts. Add after Run began is a mistake too: it
// stops the app with code 4; after the app has ended it does nothing. What comes
// and goes while the app runs belongs in a component's own Run.
func (a *App) Add(name string, c Component, opts ...AddOption) *Handle {
	n := &node{app: a, name: name, comp: c, site: callerPC()}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ran.Load() {
		a.addedLateLocked(n)
		return (*Handle)(n)
	}
	for _, o := range opts {
		if _, ok := o.(outerOption); ok {
			n.traits.outer = true
		}
	}
	d := &addition{n: n, problem: func(format string, args ...any) {
		a.mistakeLocked(n.subject(), n.site, format, args...)
	}}
	for _, o := range opts {
		if o == nil {
			d.problem("nil option")
			continue
		}
		o.applyAdd(d)
	}
	switch {
	case name == "":
		d.problem("empty name")
	case c.isEmpty():
		d.problem("has no hook: Start, Run, Announce, Drain and Stop are all nil")
	case n.traits.job && n.traits.mayEnd:
		d.problem("is a job and may end: choose one")
	}
	a.takeNameLocked(n, d)
	if n.traits.job {
		a.hasJobs.Store(true)
	}
	if n.traits.outer {
		a.building.outer = append(a.building.outer, n)
	} else {
		a.building.inner = append(a.building.inner, n)
	}
	return (*Handle)(n)
}

// addedLateLocked stops a running app for a mistake that would have kept it from
// starting.
func (a *App) addedLateLocked(n *node) {
	if a.isOver() {
		return
	}
	late := a.mistakeLocked(n.subject(), n.site, "added after Run began")
	a.requestStopLocked(newCause(CauseStartFailed, late))
}

// takeNameLocked registers the node's name, or says who has it.
func (a *App) takeNameLocked(n *node, d *addition) {
	if first := a.names[n.name]; first != nil {
		d.problem("duplicate name, first added at %s", placeOf(first.site))
		return
	}
	a.names[n.name] = n
}

// mistakeLocked records a mistake.
func (a *App) mistakeLocked(subject string, site uintptr, format string, args ...any) *ConfigError {
	e := &ConfigError{a.name, subject, placeOf(site), fmt.Sprintf(format, args...)}
	a.mistakes = append(a.mistakes, e)
	return e
}

// timings returns the node's timing, to be changed.
func (n *node) timings() *timing {
	if n.timing == nil {
		n.timing = new(timing)
	}
	return n.timing
}

// freeKind returns the hook in which a free hook keeps its function.
func (n *node) freeKind() HookKind {
	if n.comp.Announce != nil {
		return HookAnnounce
	}
	return HookStop
}

// title reads `drain "http"`.
func (n *node) title(k HookKind) string { return n.kind(k).String() + " " + strconv.Quote(n.name) }
