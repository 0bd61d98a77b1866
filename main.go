// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/go-quiesce/quiesce/sigmux"
)

// mainBusy is set while an app's Main runs: one at a time in a process owns its
// signals. It is never unset, as Main keeps them until the process is gone.
var mainBusy atomic.Bool

// Main is Run for a program's main function: it listens to the operating
// system's signals (or those of [WithSignals]), writes events and the final
// report to standard error (or the logger given with [WithLogger]), and returns
// the exit code:
//
//	os.Exit(app.Main())
//
// The code is the first that applies of: 128 plus the number of the signal that
// forced the end; [CodeIncomplete], the grace period cut or skipped a hook;
// [CodeStartFailed]; the first cause's ExitCode() int, or [CodeFailure] if that
// cause is a failure; [CodeUnclean]; 128 plus the signal's number if a [Job] was
// interrupted; 0. With the [Interactive] preset a process that a signal stopped
// dies of that signal instead of exiting with 0 or 128 plus its number, unless
// it is PID 1.
//
// Main keeps the signals it has taken until the process is gone; a repeated
// SIGTERM in the last instant would otherwise kill a process that has stopped
// cleanly. A signal that forces the end makes Main exit the process itself.
//
// On Windows the grace period is at most 4 s, and all that is in it keeps its
// share: the system ends a process about 5 s after it has told it to close.
//
// If the environment variable [PlanVariable] is "text" or "json", Main prints
// the plan to standard output and returns 0 without starting anything. If
// [ReportVariable] is set, the report goes to that file, too.
func (a *App) Main() int {
	if form, ok := os.LookupEnv(PlanVariable); ok && form != "" {
		return a.printPlan(os.Stdout, os.Stderr, form)
	}
	if mainBusy.Swap(true) {
		fmt.Fprintf(os.Stderr, "quiesce: error: app %q: another app's Main has this process's signals\n", a.name)
		return CodeStartFailed
	}
	if a.ran.Swap(true) {
		fmt.Fprintf(os.Stderr, "quiesce: error: app %q: %v\n", a.name, ErrStopped)
		return CodeStartFailed
	}
	a.exit = os.Exit
	a.cfg.mostGrace = platformGrace
	a.cfg.reportFile = os.Getenv(ReportVariable)
	mistakes := a.freeze(context.Background())
	a.tell = func(r *Report) { io.WriteString(os.Stderr, r.Text()) }
	switch {
	case mistakes != nil: // say no more than these
		a.tell = func(*Report) { fmt.Fprintln(os.Stderr, mistakes) }
	case a.cfg.logger != nil:
		a.tell = func(*Report) {} // keepReport does
	default:
		a.cfg.sinks = append(a.cfg.sinks, ConsoleSink(os.Stderr))
	}
	src := a.cfg.source
	if src == nil {
		src = sigmux.OS()
	}
	a.prepare(mistakes, src)
	a.live(context.Background())
	r := a.Report()
	a.publishOnce.Do(func() { a.within(a.outputPatience(), "report", func() { a.publish(r) }) })
	if mistakes != nil { // also if a Shutdown before Main is the cause of the stop
		return CodeStartFailed
	}
	a.dieIfAsked(a.ending.how.Load(), r.Code)
	return r.Code
}

// publish writes the report wherever it goes.
func (a *App) publish(r *Report) {
	a.tell(r)
	a.keepReport(r)
}

// leave ends the process from the goroutine of the signal that forced it.
func (a *App) leave(how *ending, exit func(int)) {
	code := a.exitCode(how)
	a.dieIfAsked(how, code)
	exit(code)
}

// dieIfAsked makes an interactive process die of the signal that stopped it.
func (a *App) dieIfAsked(how *ending, code int) {
	if sig := a.dyingSignal(how, code); sig != nil {
		sigmux.Die(sig)
	}
}
