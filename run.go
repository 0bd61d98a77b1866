// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Run takes the app through its whole life: it starts everything, waits for a
// reason to stop, stops everything, and returns when the app is stopped, at the
// latest when the grace period is over.
//
// Run returns nil after a clean stop that was asked for, and otherwise what
// [Report.Err] of [App.Report] returns. If the app was put together wrongly it
// starts nothing and returns every mistake, each a [*ConfigError]. A second
// call returns [ErrStopped].
//
// The values of ctx are seen by every hook. Its end is a request to stop, with
// its cause; no context that a hook is given ends with it. Run takes no signal
// unless [WithSignals] gives it a source, and gives that back before it returns.
// It never exits the process. Hooks that were abandoned still run when it
// returns: the report names them.
func (a *App) Run(ctx context.Context) error {
	if a.ran.Swap(true) {
		return ErrStopped
	}
	mistakes := a.freeze(ctx)
	signals := a.prepare(mistakes, a.cfg.source)
	stop := context.AfterFunc(ctx, func() {
		a.requestStop(newCause(CauseParent, context.Cause(ctx)))
	})
	defer stop()
	a.live(ctx)
	a.endTasks()
	signals.giveBack()
	if a.wantsReport() {
		r := a.Report()
		a.within(a.outputPatience(), "report", func() { a.keepReport(r) })
	}
	if mistakes != nil { // also if a Shutdown before Run is the cause of the stop
		return mistakes
	}
	return a.err()
}

// err is Err of the final report. A stop that is clean, as most are, needs no
// report to be made to say so: whoever wants one gets it from Report.
func (a *App) err() error {
	how := a.ending.how.Load()
	if how.forced == nil && !how.watchdog && a.bad.unclean.Load() == 0 && !a.failed() && !a.interrupted() {
		return nil
	}
	return a.Report().Err()
}

// failed reports whether any cause of the stop is a failure.
func (a *App) failed() bool {
	causes := a.causes.Load()
	return causes != nil && slices.ContainsFunc(*causes, func(c cause) bool { return c.failure() })
}

// prepare gets ready for events and signals. Mistakes, if there are any, end the
// app before anything starts.
func (a *App) prepare(mistakes error, src signalSource) *signals {
	a.mu.Lock()
	if a.cfg.logger != nil {
		a.cfg.sinks = append(a.cfg.sinks, SlogSink(a.cfg.logger))
	}
	a.events = newEventLog(a.cfg.sinks)
	a.mu.Unlock()
	if mistakes != nil {
		a.requestStop(newCause(CauseStartFailed, mistakes))
		return nil
	}
	a.openReportDir()
	return a.listen(src)
}

// live runs the app and returns when it has ended.
func (a *App) live(ctx context.Context) {
	if a.events != nil {
		for _, s := range a.events.sinks {
			go s.run(a)
		}
	}
	if a.isOver() {
		a.endEvents()
		return
	}
	if ctx.Err() != nil {
		a.requestStop(newCause(CauseParent, context.Cause(ctx)))
	}
	go a.coordinate()
	<-a.finished
}

// freeze checks what was added and fixes the graph, and the values that hooks
// see. It returns every mistake.
func (a *App) freeze(ctx context.Context) error {
	a.startedAt.Store(a.now())
	a.values = ctx
	if ctx.Done() != nil {
		a.values = context.WithoutCancel(ctx)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.checkTimesLocked()
	if err := a.mistakesLocked(); err != nil {
		return err
	}
	g := &a.building
	for _, group := range [][]*node{g.inner, g.outer} {
		linkUsers(group)
	}
	for _, n := range g.all() {
		n.base = a.labelled(n)
		if n.traits.job {
			a.jobs++
		}
	}
	a.publishGraphLocked()
	return nil
}

// mistakesLocked returns every mistake as one error, nil if there is none.
func (a *App) mistakesLocked() error {
	errs := make([]error, len(a.mistakes))
	for i, m := range a.mistakes {
		errs[i] = m
	}
	return errors.Join(errs...)
}

// linkUsers gives every node the list of its direct dependants, out of one
// array for all.
func linkUsers(nodes []*node) {
	edges := 0
	for _, n := range nodes {
		edges += len(n.needs)
		for _, need := range n.needs {
			need.pending++
		}
	}
	all := make([]*node, edges)
	for _, n := range nodes {
		n.users, all = all[:0:n.pending], all[n.pending:]
		n.pending = 0
	}
	for _, n := range nodes {
		for _, need := range n.needs {
			need.users = append(need.users, n)
		}
	}
}

// publishGraphLocked makes the nodes there are now visible to readers that
// take no lock.
func (a *App) publishGraphLocked() {
	g := a.building
	a.graph.Store(&g)
}

// dependantsLocked returns every node that needs n, directly or not.
func (a *App) dependantsLocked(n *node) []*node {
	seen := make(map[*node]bool)
	list := append([]*node(nil), n.users...)
	for i := 0; i < len(list); i++ {
		if m := list[i]; !seen[m] {
			seen[m] = true
			list = append(list, m.users...)
		}
	}
	unique := list[:0]
	for _, m := range list {
		if seen[m] {
			seen[m] = false
			unique = append(unique, m)
		}
	}
	return unique
}

// recordPass keeps the pass for the report.
func (a *App) recordPass(p *pass) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.recordPassLocked(p)
}

func (a *App) recordPassLocked(p *pass) {
	var list []*pass
	if old := a.passes.Load(); old != nil {
		list = *old
	}
	list = append(list[:len(list):len(list)], p)
	a.passes.Store(&list)
}

// noteLocked adds a line to the report's notes.
func (a *App) noteLocked(format string, args ...any) {
	a.notes = append(a.notes, fmt.Sprintf(format, args...))
}

// outputPatience bounds how long the report's outputs may hold up the end: they
// may be full pipes or dead file systems.
func (a *App) outputPatience() time.Duration {
	return max(lastWords, a.timeLeft())
}

// logReport writes the report as one line.
func logReport(l *slog.Logger, r *Report) {
	level := slog.LevelInfo
	if !r.Clean {
		level = slog.LevelError
	}
	l.Log(context.Background(), level, r.summary(),
		"app", r.App, "code", r.Code, "clean", r.Clean, "took", r.Took, "cause", r.causeText(),
		"not_ok", r.notOK(), "still_running", r.Still)
}
