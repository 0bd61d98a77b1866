// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce/drain"
	"github.com/go-quiesce/quiesce/sigmux"
)

// passStamps are when a pass began and ended, readable without a lock.
type passStamps struct {
	began, ended, limit, delayed atomic.Int64
}

// Report returns what the stop did. Before the app is stopped it is a snapshot
// of the stop so far; afterwards always the same, final report. It returns nil
// while nobody has asked the app to stop.
//
// It takes no lock that a stop could hold: a report can be made at any moment,
// also on the way out of a process that hangs.
func (a *App) Report() *Report {
	if a.firstCause() == nil {
		return nil
	}
	how := a.ending.how.Load()
	if how == nil {
		return a.buildReport(nil, a.now())
	}
	if r := a.ending.report.Load(); r != nil {
		return r
	}
	a.ending.report.CompareAndSwap(nil, a.buildReport(how, how.at))
	return a.ending.report.Load()
}

// buildReport makes a report from what can be read without a lock.
func (a *App) buildReport(how *ending, now int64) *Report {
	began := a.beganAt.Load()
	r := &Report{
		Schema: ReportSchema, App: a.name, PID: os.Getpid(), Preset: a.cfg.preset,
		State: a.State(), Began: a.timeAt(began), Took: time.Duration(now - began),
		Grace: a.cfg.grace.value, Hurried: -1, Forced: -1, Causes: a.causeReports(began), Phases: a.phaseReports(began, now),
	}
	if at := a.startedAt.Load(); at != 0 {
		r.Started = a.timeAt(at)
	}
	if at := a.ending.hurriedAt.Load(); at != 0 {
		r.Hurried = time.Duration(at - began)
		r.HurriedBy = a.ending.hurriedBy
	}
	if how != nil {
		r.State = StateStopped
		r.Watchdog = how.watchdog
		if how.forced != nil {
			r.Forced = r.Took
			r.ForcedBy = how.forced.Error()
		}
		r.Code = a.exitCode(how)
		r.Unended = a.interrupted()
	}
	if g := a.graph.Load(); g != nil {
		for _, n := range g.all() {
			r.addNode(n, how, began, now)
			r.addInFlight(n, a.timeAt(began))
		}
	}
	slices.SortStableFunc(r.Hooks, func(x, y HookReport) int { return cmp.Compare(x.Began, y.Began) })
	a.addTroubles(r, how)
	r.Clean = how != nil && how.forced == nil && !how.watchdog && !slices.ContainsFunc(r.Hooks, func(h HookReport) bool { return h.unclean() }) &&
		!slices.ContainsFunc(r.Causes, func(c Cause) bool { return c.isFailure() })
	return r
}

// addTroubles adds what is kept under the lock. A report must not wait for it
// long: the lock may be what everything hangs on.
func (a *App) addTroubles(r *Report, how *ending) {
	if !a.tryLock() {
		r.Notes = append(r.Notes, "the app's lock is held: notes and sinks are missing")
		return
	}
	defer a.mu.Unlock()
	r.Sinks = a.sinkReportsLocked(how != nil && how.forced == nil && !how.watchdog)
	r.Notes = slices.Clone(a.notes)
	if a.recorded > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("signals that changed nothing: %d", a.recorded))
	}
	for _, n := range a.building.all() {
		if n.forced == forceRunning {
			r.Still = append(r.Still, fmt.Sprintf("force %q", n.name))
		}
	}
}

// lockTries and lockPause bound how long a report waits for the lock: 20 ms. It
// is never held for long, unless something is badly wrong; but whoever holds it
// may just have lost its thread on a busy machine.
const (
	lockTries = 100
	lockPause = 200 * time.Microsecond
)

func (a *App) tryLock() bool {
	for range lockTries {
		if a.mu.TryLock() {
			return true
		}
		time.Sleep(lockPause)
	}
	return false
}

func (a *App) causeReports(began int64) []Cause {
	list := a.causes.Load()
	if list == nil {
		return nil
	}
	causes := make([]Cause, len(*list))
	for i := range *list {
		causes[i] = (*list)[i].report(began)
	}
	return causes
}

// report turns a cause into its public form.
func (c *cause) report(began int64) Cause {
	r := Cause{
		Kind: c.kind, Component: c.component, Text: c.text(), Err: c.err, Stack: c.stack,
		At: time.Duration(c.at - began),
	}
	if began == 0 {
		r.At = 0
	}
	if s := c.signal(); s != nil {
		r.Signal = sigmux.Name(s.Signal)
		if s.Sender.Known {
			sender := s.Sender
			r.Sender = &sender
		}
	}
	return r
}

func (a *App) phaseReports(began, now int64) []PhaseReport {
	list := a.passes.Load()
	if list == nil {
		return nil
	}
	var phases []PhaseReport
	for _, p := range *list {
		from, to := p.stamps.began.Load(), p.stamps.ended.Load()
		if from == 0 {
			continue
		}
		if to == 0 {
			to = now
		}
		r := PhaseReport{
			Phase: p.phase, Outer: p.outer, Began: time.Duration(from - began),
			Took: time.Duration(to - from), Limit: time.Duration(p.stamps.limit.Load()),
		}
		if at := p.stamps.delayed.Load(); at != 0 {
			r.Delay = time.Duration(at - from)
		}
		phases = append(phases, r)
	}
	return phases
}

// addNode adds a component's hooks. A Run appears once: with the time from when
// it was asked to end, or, if it ended unasked, from its begin.
func (r *Report) addNode(n *node, how *ending, began, now int64) {
	if n.traits.free {
		r.addHook(n, n.freeKind(), how, began, now)
		return
	}
	up := n.up.Load()
	if !up && n.slots[HookStart].get() != Abandoned {
		r.Unmade = append(r.Unmade, n.name)
	}
	for k := HookStart; int(k) < numSlots; k++ {
		if n.fn(k) != nil && (up || n.slots[k].get() != Pending) {
			r.addHook(n, k, how, began, now)
		}
	}
}

// addInFlight adds what the component had open as it drained, if it had anything.
func (r *Report) addInFlight(n *node, began time.Time) {
	moments := n.comp.Moments.All()
	if !slices.ContainsFunc(moments, func(m drain.Moment) bool { return m.Open != drain.Counts{} }) {
		return
	}
	for _, m := range moments {
		r.InFlight = append(r.InFlight, InFlight{n.name, m.Stage.String(), m.At.Sub(began), m.Open})
	}
}

func (r *Report) addHook(n *node, k HookKind, how *ending, began, now int64) {
	s := &n.slots[k]
	h := HookReport{
		Component: n.name, Hook: n.kind(k), Phase: n.phaseOf(k), Place: placeOf(n.site), Outcome: s.get(),
		Critical: n.critical(), BestEffort: n.traits.bestEffort, Forced: s.forced.Load(),
		Outer: n.traits.outer && k != HookAnnounce,
	}
	if d := s.detail.Load(); d != nil {
		h.Err, h.Error, h.Reason, h.Stack, h.Echo = d.err, d.told.text, d.reason, d.stack, d.echo
		if d.late != 0 {
			r.Late = append(r.Late, n.title(k))
		}
	}
	if how != nil {
		closeOutcome(&h, how)
	}
	if h.Outcome == Abandoned && !s.returned() {
		r.Still = append(r.Still, n.title(k))
	}
	if from := s.began.Load(); from != 0 && h.Outcome != Skipped {
		to := s.ended.Load()
		if to == 0 {
			to = now
		}
		h.Began, h.Took = time.Duration(from-began), time.Duration(to-from)
		if d := s.deadline.Load(); d != 0 {
			h.Allowed = time.Duration(d - from)
		}
	} else {
		h.Began = time.Duration(now - began)
	}
	r.Hooks = append(r.Hooks, h)
}

// closeOutcome gives a final outcome to a hook that has none when the app ends:
// the end was forced, or the hook is one that nobody waits for.
func closeOutcome(h *HookReport, how *ending) {
	why := "the app had ended"
	switch {
	case how.forced != nil:
		why = "forced by " + sigmux.Name(how.forced.Signal)
	case how.watchdog:
		why = "over the grace period"
	}
	switch h.Outcome {
	case Running:
		h.Outcome, h.Reason = Abandoned, why
	case Pending:
		h.Outcome, h.Reason = Skipped, why
		ordinary := how.forced == nil && !how.watchdog
		switch {
		case h.Hook == HookRun, h.Hook == HookAnnounce && ordinary:
			// Everything has had its turn but what belongs to a component whose
			// Start ended after the stop request: its Run and its Announce.
			h.Reason, h.Echo = "its component came up too late", true
		case ordinary: // of an app that never ran, or best effort
			h.Echo = true
		}
	}
}
