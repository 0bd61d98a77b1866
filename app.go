// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// An App is a whole program under one lifecycle. Make one with [New], add
// components with [App.Add], and give it the program with [App.Main] or
// [App.Run]. An app runs once. All methods are safe for concurrent use.
type App struct {
	name   string
	site   uintptr // of the New call
	label  string  // "shop#1": tells apps of one process apart in profiles
	cfg    appConfig
	health health

	// The state word and the causes are written under mu and read without it.
	state   atomic.Uint32
	reached [numStates]chan struct{}
	causes  atomic.Pointer[[]cause]
	graph   atomic.Pointer[graph] // the frozen components, from Run on

	base    time.Time // all stamps are nanoseconds since then
	beganAt atomic.Int64
	bad     tally
	ending  endState
	passes  atomic.Pointer[[]*pass] // that have begun
	ran     atomic.Bool
	tasks   atomic.Pointer[scope.Scope] // above those of components; made with the first
	scopes  sync.Map                    // *node to its *scope.Scope; few have one
	hasJobs atomic.Bool

	startedAt atomic.Int64 // when Run was called, 0: it was not

	// Fixed when Run begins.
	values   context.Context // the values of the context given to Run
	previous atomic.Pointer[Previous]
	exit     func(code int) // ends the process; nil under Run
	tell     func(*Report)  // writes the report for people; nil under Run

	publishOnce sync.Once    // the report's outputs
	inquiries   atomic.Int32 // not answered yet

	// mu guards everything below, every node's and flight's fields that say so,
	// and the order of events. No user code is called, and nothing is waited
	// for, while it is held.
	mu       sync.Mutex
	entered  State            // whose entry was announced; the word is ahead of it for an instant
	building graph            // what was added so far; flush and announce hooks also later
	names    map[string]*node // of components, and of free hooks by phase
	mistakes []*ConfigError
	timing   budget
	sched    scheduler
	events   *eventLog // nil without a sink
	jobs     int       // jobs that have not ended well
	watchdog *time.Timer
	stacks   stackTaker
	notes    []string
	recorded int // signals that changed nothing

	stopping chan struct{} // closed by the first stop request
	finished chan struct{} // closed when the app has ended, and its report is final
}

// A graph is the set of nodes, in the order in which they were added. A node's
// dependencies stand before it: a handle exists before it can be needed.
type graph struct {
	inner    []*node
	outer    []*node
	announce []*node // free hooks
	flush    []*node // free hooks
}

// appCount numbers the apps of the process, for profiles only.
var appCount atomic.Uint64

// New returns an app with a name for logs, reports and profiles. It does not
// fail: mistakes in the options are collected, with the place of the call, and
// returned by [App.Plan] and [App.Run]. New starts nothing and takes no signal.
func New(name string, opts ...Option) *App {
	a := &App{
		name:     name,
		label:    fmt.Sprintf("%s#%d", name, appCount.Add(1)),
		base:     time.Now().Add(-time.Nanosecond), // no stamp is 0
		names:    make(map[string]*node),
		stopping: make(chan struct{}),
		finished: make(chan struct{}),
	}
	for i := range a.reached {
		a.reached[i] = make(chan struct{})
	}
	close(a.reached[StateNew])
	a.sched.wake = make(chan struct{}, 1)
	a.site = callerPC()
	for _, o := range opts {
		if o == nil {
			a.cfg.problems = append(a.cfg.problems, problem{"options", placeOf(a.site), "nil option"})
			continue
		}
		o.applyApp(&a.cfg)
	}
	a.cfg.fillPreset()
	a.cfg.resolve()
	if name == "" {
		a.cfg.problems = append(a.cfg.problems, problem{"app", placeOf(a.site), "empty name"})
	}
	for _, p := range a.cfg.problems {
		a.mistakes = append(a.mistakes, &ConfigError{a.name, p.subject, p.place, p.text})
	}
	return a
}

// Name returns the name given to [New].
func (a *App) Name() string { return a.name }

// now returns the nanoseconds since the app's base time, at least 1.
func (a *App) now() int64 { return int64(time.Since(a.base)) }

// timeAt turns such a stamp into a time.
func (a *App) timeAt(stamp int64) time.Time { return a.base.Add(time.Duration(stamp)) }

// Shutdown asks the app to stop. It may be called from anywhere, hooks
// included, at any time, and never blocks. The first cause wins and begins the
// grace period; later ones are recorded in the report. A nil cause stands for
// [ErrShutdown].
//
// Readiness is off when Shutdown returns. A cause with a method ExitCode() int
// determines the exit code; otherwise a stop that was asked for counts as a
// success if it is clean. Before Run, Shutdown leads straight to stopped: Run
// then starts nothing. Use [App.Wait] or [App.Done] to wait for the end.
func (a *App) Shutdown(cause error) {
	if cause == nil {
		cause = ErrShutdown
	}
	a.requestStop(newCause(CauseRequest, cause))
}

// Wait blocks until the app is stopped and then returns what [Report.Err]
// returns, or until ctx ends and then returns its cause. From inside a hook,
// that is with a context that descends from one, it returns [ErrReentrant] at
// once: the app would wait for the hook in turn.
func (a *App) Wait(ctx context.Context) error {
	if f := flightOf(ctx); f != nil && f.node.app == a {
		return ErrReentrant
	}
	select {
	case <-a.finished:
		return a.Report().Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
