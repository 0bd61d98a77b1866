// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce"
)

// reportAgrees: the report says what the events say.
func (v *verdict) reportAgrees() {
	r := v.report
	if v.final != r || r.State != quiesce.StateStopped {
		v.fail("not the final report, state %v", r.State)
	}
	known := 0
	v.eachLife(func(c *part, k quiesce.HookKind, l *life) {
		known += l.reports
		v.hookAgrees(c, k, l)
	})
	if known != len(r.Hooks) {
		v.fail("%d hooks, %d of them known", len(r.Hooks), known)
	}
	v.phasesAgree()
	closed := v.logEnd() - v.beganAt()
	if v.hurry != 0 && !near(r.Hurried, v.at(v.hurry)-v.beganAt()) || v.hurry == 0 && r.Hurried >= 0 && r.Hurried+1 < closed {
		v.fail("hurried %v", r.Hurried)
	}
	if v.forcedEnd != 0 && r.Forced < 0 || v.forcedEnd == 0 && r.Forced >= 0 && r.Forced+1 < closed || r.Watchdog != (v.watchdog != 0) {
		v.fail("forced %v, watchdog %v", r.Forced, r.Watchdog)
	}
	v.unmade()
}

// beganAt is when the stop was asked for, by the report.
func (v *verdict) beganAt() time.Duration { return v.report.Began.Sub(v.began) }

func (v *verdict) hookAgrees(c *part, k quiesce.HookKind, l *life) {
	name := v.title(c, int(k))
	if l.began != 0 && l.reports != 1 || l.reports > 1 {
		v.fail("%v is %d times in the report", name, l.reports)
	}
	if l.reports != 1 {
		return
	}
	h := l.report
	begun := l.begun
	if k == quiesce.HookRun && l.asked != 0 {
		begun = l.asked
	}
	if v.endedWithApp(l) {
		return
	}
	switch {
	case h.Outcome == quiesce.Pending || h.Outcome == quiesce.Running:
		v.fail("%v is still %v", name, h.Outcome)
	case l.ended != 0 && (h.Outcome != l.outcome || h.Reason != l.reason || h.Err != l.err):
		v.fail("%v: %v (%s) %v, by event %v (%s) %v", name, h.Outcome, h.Reason, h.Err, l.outcome, l.reason, l.err)
	case l.ended == 0 && l.began != 0 && h.Outcome != quiesce.Abandoned && !v.endedUnlogged(l):
		v.fail("%v: %v, but it has not ended", name, h.Outcome)
	case l.ended == 0 && l.began == 0 && (h.Outcome != quiesce.Skipped || v.report.Forced < 0 && v.watchdog == 0 && !c.bestEffort && !v.cameLate(c, h)):
		v.fail("%v: %v (%s), but no event says so", name, h.Outcome, h.Reason)
	case l.ended != 0 && l.outcome != quiesce.Skipped && !near(h.Took, v.at(l.ended)-v.at(begun)):
		v.fail("%v took %v, by events %v", name, h.Took, v.at(l.ended)-v.at(begun))
	case begun != 0 && l.outcome != quiesce.Skipped && !near(h.Began, v.at(begun)-v.beganAt()):
		v.fail("%v began at %v, by events %v", name, h.Began, v.at(begun)-v.beganAt())
	}
}

// endedWithApp reports whether a hook ended at the very instant at which the end
// was forced: the report may know it, or not.
func (v *verdict) endedWithApp(l *life) bool {
	return v.forcedEnd != 0 && l.ended != 0 && v.at(l.ended)+1 >= v.endAt()
}

// endedUnlogged reports whether a hook that nobody waited for returned while the
// sinks caught up.
func (v *verdict) endedUnlogged(l *life) bool {
	return l.returned != 0 && v.saw(l.returned).at >= v.logEnd() && v.saw(l.returned).at <= v.endAt()
}

// cameLate reports whether a hook is skipped, and no fault, because its
// component's Start ended after the stop request.
func (v *verdict) cameLate(c *part, h *quiesce.HookReport) bool {
	start := v.lives[c.id][quiesce.HookStart].ended
	if len(v.phases) == 0 {
		return c.free // the app never ran
	}
	return h.Echo && (h.Hook == quiesce.HookRun || h.Hook == quiesce.HookAnnounce) && v.stop != 0 && start > v.stop
}

// near allows for stamps that are never 0.
func near(a, b time.Duration) bool { return a-b <= 1 && b-a <= 1 }

func (v *verdict) phasesAgree() {
	phases, spans := v.report.Phases, v.phases
	if v.forcedEnd != 0 { // one that began when the app was being ended is in both, or not
		if n := len(spans); len(phases) == n+1 && v.beganAt()+phases[n].Began+1 >= v.endAt() {
			phases = phases[:n]
		}
		if n := len(phases); len(spans) == n+1 && v.at(spans[n].begin)+1 >= v.endAt() {
			spans = spans[:n]
		}
	}
	if len(phases) != len(spans) {
		v.fail("%d phases, by events %d", len(phases), len(spans))
		return
	}
	for i, p := range phases {
		s := spans[i]
		if p.Phase != s.phase || p.Outer != s.outer || !near(p.Began, v.at(s.begin)-v.beganAt()) ||
			s.end != 0 && !near(p.Took, v.at(s.end)-v.at(s.begin)) {
			v.fail("phase %+v, by events %+v", p, s)
		}
	}
}

// unmade: components that are not up are named, and no others.
func (v *verdict) unmade() {
	for _, c := range v.p.parts {
		l := &v.lives[c.id][quiesce.HookStart]
		if c.hooks[quiesce.HookStart] == nil || v.cutShort() || len(v.phases) == 0 {
			continue
		}
		want := l.outcome != quiesce.OK && l.outcome != quiesce.Abandoned
		if slices.Contains(v.report.Unmade, c.name) != want {
			v.fail("start %q %v, and the report has as never started %q", c.name, l.outcome, v.report.Unmade)
		}
	}
}

// stillRunning: whatever outlives the app is named.
func (v *verdict) stillRunning() {
	v.eachLife(func(c *part, k quiesce.HookKind, l *life) {
		title := fmt.Sprintf("%v %q", k, c.name)
		listed := slices.Contains(v.report.Still, title)
		lives := l.began != 0 && (l.returned == 0 || l.returned > v.atReturn)
		if lives && !listed {
			v.fail("%s outlives the app, and is not named", title)
		}
		if listed && (l.began == 0 || l.returned != 0 && v.saw(l.returned).at+1 < v.endAt()) {
			v.fail("%s is named, and does not run", title)
		}
		if returned := l.late != 0 && v.at(l.late) < v.endAt(); returned && !slices.Contains(v.report.Late, title) {
			v.fail("%s returned late, and is not named", title)
		}
	})
	for i := range v.entries {
		e := &v.entries[i]
		if c := e.part; e.what == markForced && v.p.parts[c].force == forceHangs && e.at < v.endAt() && !v.cutShort() &&
			!slices.Contains(v.report.Still, fmt.Sprintf("force %q", v.p.parts[c].name)) {
			v.fail("force of %q hangs, and is not named", v.p.parts[c].name)
		}
	}
}

// causes: first cause first, all others in order.
func (v *verdict) causes() {
	i := 0
	for _, r := range v.events {
		e, ok := r.Event.(quiesce.StopRequested)
		if !ok || i == len(v.report.Causes) && v.forcedEnd != 0 && r.At.Sub(v.began)+1 >= v.endAt() {
			continue
		}
		if e.First != (i == 0) || i >= len(v.report.Causes) || v.report.Causes[i].Text != e.Cause.Text || v.report.Causes[i].Kind != e.Cause.Kind {
			v.fail("%v is not cause %d", e, i+1)
			return
		}
		if !near(r.At.Sub(v.began), v.beganAt()+v.report.Causes[i].At) {
			v.fail("%v is at %v in the report", e, v.report.Causes[i].At)
		}
		i++
	}
	for ; i < len(v.report.Causes) && len(v.phases) > 0; i++ {
		if at := v.beganAt() + v.report.Causes[i].At; at+1 < v.logEnd() {
			v.fail("no event for cause %d at %v", i+1, at)
		}
	}
}

// unclean reports whether a hook's end spoils a clean stop, and whether it was
// the grace period that cut it; unsure: the event does not say.
func (c *part) unclean(l *life) (bad, incomplete, unsure bool) {
	switch {
	case l.ended == 0 || c.bestEffort || l.outcome == quiesce.OK:
		return false, false, false
	case l.outcome == quiesce.Failed && l.reason == "called off":
		return false, false, false
	}
	return true, l.reason == "over the grace period" && l.outcome != quiesce.Skipped, l.reason == "no time left"
}

// exitCode: worked out again from the events.
func (v *verdict) exitCode() {
	code, unsure := v.wantCode()
	if v.report.Code != code && !(unsure && v.report.Code == quiesce.CodeIncomplete) {
		v.fail("code %d instead of %d", v.report.Code, code)
	}
	bad := v.cutShort() || v.report.Forced >= 0
	v.eachLife(func(c *part, _ quiesce.HookKind, l *life) {
		b, _, _ := c.unclean(l)
		bad = bad || b
	})
	for _, c := range v.report.Causes {
		bad = bad || c.Kind == quiesce.CauseFailure || c.Kind == quiesce.CauseStartFailed
	}
	if v.report.Clean == bad {
		v.fail("clean is %v", v.report.Clean)
	}
}

func (v *verdict) wantCode() (code int, unsure bool) {
	bad, incomplete, jobs := false, v.watchdog != 0, false
	v.eachLife(func(c *part, _ quiesce.HookKind, l *life) {
		b, inc, un := c.unclean(l)
		bad, incomplete, unsure = bad || b, incomplete || inc, unsure || un
		jobs = jobs || c.job
	})
	first := v.report.Causes[0]
	var coder interface{ ExitCode() int }
	switch {
	case v.report.Forced >= 0 && v.forcedEnd == 0: // while the sinks caught up, without an event
		return v.report.Code, false
	case v.forcedEnd != 0:
		return 128 + signalNumber(v.events[v.forcedEnd-1].Event.(quiesce.ForcedEnd).Signal), false
	case incomplete:
		return quiesce.CodeIncomplete, false
	case first.Kind == quiesce.CauseStartFailed:
		return quiesce.CodeStartFailed, unsure
	case first.Kind != quiesce.CauseSignal && errors.As(first.Err, &coder):
		return coder.ExitCode(), unsure
	case first.Kind == quiesce.CauseFailure:
		return quiesce.CodeFailure, unsure
	case bad:
		return quiesce.CodeUnclean, unsure
	case jobs && first.Kind == quiesce.CauseSignal:
		return 128 + signalNumber(first.Signal), unsure
	case jobs && first.Kind != quiesce.CauseJobsDone:
		return quiesce.CodeFailure, unsure
	}
	return quiesce.CodeOK, unsure
}

func signalNumber(name string) int {
	return int(map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT, "SIGHUP": syscall.SIGHUP}[name])
}

// errors: no error is lost, and none is made up.
func (v *verdict) errors() {
	if got, want := fmt.Sprint(v.runErr), fmt.Sprint(v.report.Err()); got != want {
		v.fail("Run returned %q, the report has %q", got, want)
	}
	jobs := slices.ContainsFunc(v.p.parts, func(c *part) bool { return c.job })
	unended := jobs && v.report.Causes[0].Kind != quiesce.CauseJobsDone
	if (v.runErr == nil) != (v.report.Clean && v.report.Forced < 0 && !unended) {
		v.fail("clean is %v, jobs unended %v, but Run returned %v", v.report.Clean, unended, v.runErr)
	}
	v.eachLife(func(c *part, k quiesce.HookKind, l *life) {
		if bad, _, _ := c.unclean(l); bad && l.err != nil && !v.endedWithApp(l) && !errors.Is(v.runErr, l.err) {
			v.fail("%v is lost: %v", l.err, strings.ReplaceAll(fmt.Sprint(v.runErr), "\n", "; "))
		}
	})
	late := strings.Contains(v.report.Causes[0].Text, "too late") // after Plan, but before anything began
	if v.p.planned && !late && (v.plan == nil) == (len(v.phases) == 0 && len(v.report.Causes) == 1 && v.report.Code == quiesce.CodeStartFailed) {
		v.fail("the plan says %v, Run %v", v.plan, v.runErr)
	}
}
