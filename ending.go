// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce/sigmux"
)

// Exit codes of [App.Main]. A forced end is 128 plus the signal's number.
const (
	CodeOK          = 0
	CodeFailure     = 1   // a Run failed or ended unasked, and its error had no code of its own
	CodeUnclean     = 3   // stopped, but a hook failed, hung or was skipped
	CodeStartFailed = 4   // did not start
	CodeIncomplete  = 124 // the grace period cut or skipped a hook
	codeSignal      = 128
)

// An ending is how the app came to its end. There is one: whoever stores it
// first has ended the app, be it the coordinator, the watchdog, or a signal.
type ending struct {
	at       int64
	watchdog bool
	forced   *sigmux.SignalError // the signal that forced the end
}

// endState is what the end of an app is made of. It is read without a lock, as
// a forced end must not wait for one.
type endState struct {
	how        atomic.Pointer[ending]
	readyAt    atomic.Int64 // when the app became ready, 0: never
	hurriedBy  string       // why the stop was hurried; set before hurriedAt
	hurriedAt  atomic.Int64 // when the stop was hurried, 0: never
	watchdogAt atomic.Int64 // when the watchdog fires, 0: it is not armed
	report     atomic.Pointer[Report]
}

// isOver reports whether the app has ended: nothing that happens afterwards
// changes the report.
func (a *App) isOver() bool { return a.ending.how.Load() != nil }

// tally counts hooks that spoil a clean stop.
type tally struct {
	unclean    atomic.Int32
	incomplete atomic.Int32 // those among them that the grace period cut
}

func (t *tally) add(why bound) {
	t.unclean.Add(1)
	if why == boundBudget {
		t.incomplete.Add(1)
	}
}

// end ends the app, once; it reports whether this was the call that did.
func (a *App) end(how *ending) bool { return a.ending.how.CompareAndSwap(nil, how) }

// endLocked ends the app in the ordinary way: whoever sees that it is stopped
// finds the final report.
func (a *App) endLocked() {
	if a.end(&ending{at: a.now()}) {
		a.disarmWatchdogLocked()
		a.enterLocked(StateStopped)
		close(a.finished)
	}
}

// finish ends the app when every pass is over. The sinks get what is left of
// the time to catch up.
func (a *App) finish() {
	a.awaitStacks()
	a.mu.Lock()
	a.disarmWatchdogLocked() // how it ended is settled: a sink that hangs must not make it a stop that was cut
	a.mu.Unlock()
	a.endEvents()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.endLocked()
}

// endUnrunLocked ends an app that was asked to stop before anything started.
func (a *App) endUnrunLocked() {
	a.endLocked()
	a.closeEventsLocked()
	close(a.stopping)
}

// cutShort ends the app whatever it is doing: the watchdog fired, or a signal
// forced the end. The state word follows on the side: the lock that guards it
// may be what everything hangs on.
func (a *App) cutShort(how *ending) {
	if !a.end(how) {
		return
	}
	close(a.finished)
	go func() {
		for _, c := range a.followCutShort(how) {
			c.do()
		}
	}()
}

// followCutShort brings the state and the events after, and returns the contexts
// to end: whoever is still running should know.
func (a *App) followCutShort(how *ending) (cuts []cut) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.disarmWatchdogLocked()
	if a.events != nil {
		if how.watchdog {
			a.emitLocked(WatchdogFired{})
		} else {
			a.emitLocked(ForcedEnd{Signal: sigmux.Name(how.forced.Signal), Sender: how.forced.Sender})
		}
	}
	a.enterLocked(StateStopped)
	a.closeEventsLocked()
	a.eachFlightLocked(func(f *flight) {
		cuts = append(cuts, cut{flight: f, cause: ErrForced, work: f.kind == HookRun})
	})
	return cuts
}

// armWatchdogLocked sets the moment at which the app ends whatever happens. A
// moment that is set already is only ever moved forward.
func (a *App) armWatchdogLocked(at int64) {
	if old := a.ending.watchdogAt.Load(); old != 0 && old <= at {
		return
	}
	a.disarmWatchdogLocked()
	a.ending.watchdogAt.Store(at)
	a.watchdog = time.AfterFunc(time.Duration(at-a.now()), func() {
		a.cutShort(&ending{at: a.now(), watchdog: true})
	})
}

func (a *App) disarmWatchdogLocked() {
	if a.watchdog != nil {
		a.watchdog.Stop()
	}
}

// exitCode returns the code of an app that ended like this: the first that
// applies of forced, incomplete, start failed, the first cause's own, unclean,
// interrupted, 0.
func (a *App) exitCode(how *ending) int {
	first := a.firstCause()
	switch {
	case how.forced != nil:
		return codeSignal + sigmux.Number(how.forced.Signal)
	case how.watchdog || a.bad.incomplete.Load() > 0:
		return CodeIncomplete
	case first == nil:
		return CodeOK
	case first.kind == CauseStartFailed:
		return CodeStartFailed
	}
	if first.told.coded {
		return first.told.code
	}
	switch {
	case first.failure():
		return CodeFailure
	case a.bad.unclean.Load() > 0:
		return CodeUnclean
	case a.interrupted():
		return a.interruptedCode(first)
	default:
		return CodeOK
	}
}

// interrupted reports whether the stop came before every job had ended well.
func (a *App) interrupted() bool {
	first := a.firstCause()
	return a.hasJobs.Load() && first != nil && first.kind != CauseJobsDone
}

// interruptedCode is 128 plus the number of the signal that interrupted the
// job; without a signal it counts as a failure.
func (a *App) interruptedCode(first *cause) int {
	if s := first.signal(); s != nil {
		return codeSignal + sigmux.Number(s.Signal)
	}
	return CodeFailure
}

// lastWords is how long the process waits for the report to be written when a
// signal has forced its end: standard error may be a full pipe.
const lastWords = 50 * time.Millisecond

// errIncomplete is the error of a stop that the grace period cut short.
type errIncomplete struct{ grace time.Duration }

func (e errIncomplete) Error() string { return fmt.Sprintf("%v (%v)", ErrIncomplete, e.grace) }

// Is matches what callers test for.
func (e errIncomplete) Is(target error) bool {
	return target == ErrIncomplete || target == context.DeadlineExceeded
}

// dyingSignal returns the signal of which an interactive process should die, nil
// if it should just exit: its parent then sees why, and a shell loop stops too.
func (a *App) dyingSignal(how *ending, code int) os.Signal {
	s := how.forced
	if first := a.firstCause(); s == nil && first != nil {
		s = first.signal()
	}
	if !a.cfg.dieOfSignal || s == nil || (code != CodeOK && code != codeSignal+sigmux.Number(s.Signal)) {
		return nil
	}
	return s.Signal
}
