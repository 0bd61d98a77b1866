// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Plan says what a stop of the app will do and cost, from what was added so
// far, or returns every mistake in it, each a [*ConfigError]. Nothing is
// started, and nothing fixed: more may be added afterwards.
func (a *App) Plan() (*Plan, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.graph.Load() != nil {
		return nil, fmt.Errorf("quiesce: app %q: plan after Run began: %w", a.name, ErrStopped)
	}
	known := len(a.mistakes)
	a.checkTimesLocked()
	err := a.mistakesLocked()
	a.mistakes = a.mistakes[:known]
	if err != nil {
		return nil, err
	}
	return a.planLocked(), nil
}

func (a *App) planLocked() *Plan {
	b := &a.timing
	passes := a.stopPasses()
	reserved := b.reservesAfter(passes, true)
	p := &Plan{
		Schema: PlanSchema, App: a.name, Preset: a.cfg.preset, Grace: a.cfg.grace.value,
		ReadinessDelay: a.cfg.readinessDelay.value, ForceGrace: a.cfg.forceGrace.value,
		Escalation: a.cfg.policy.value.Name, Reserved: time.Duration(reserved),
	}
	for _, group := range [][]*node{a.building.outer, a.building.inner} {
		start := &pass{phase: PhaseStart, nodes: group}
		p.Start = append(p.Start, a.planHooks(start, 0)...)
	}
	p.CriticalPath, _ = heaviestChain(passes, func(p *pass, n *node) int64 { return b.weigh(p, n, true) })
	b.end = b.grace - b.margin
	b.delayed = a.cfg.readinessDelay.value > 0 && a.servesLocked()
	b.spend = max(0, b.grace-b.margin-reserved-b.delay)
	worst := int64(0)
	for _, q := range passes {
		longestPath(q, func(n *node) int64 { return b.weigh(q, n, true) })
		end, _ := b.passEnd(q, worst)
		p.Phases = append(p.Phases, PlanPhase{
			Phase: q.phase, Outer: q.outer, Limit: time.Duration(max(0, end-worst)), Hooks: a.planHooks(q, end),
		})
		worst = a.worstEnd(q, worst, end)
	}
	p.WorstCase = time.Duration(worst)
	p.Warnings = a.warningsLocked(passes)
	return p
}

// servesLocked reports whether any component serves.
func (a *App) servesLocked() bool {
	for _, n := range a.building.all() {
		if n.comp.Serves {
			return true
		}
	}
	return false
}

// worstEnd returns when a pass begun at t has ended at the latest: when the last
// of its hooks is given up.
func (a *App) worstEnd(p *pass, t, end int64) int64 {
	worst := t
	if p.phase == PhaseAnnounce && a.timing.delayed {
		worst += a.timing.delay
	}
	chain := longestPath(p, func(n *node) int64 { return a.hookCost(p, n, end-t) })
	return max(worst, min(end, t+chain))
}

// hookCost is what n can take in pass p: the sum of its hooks' limits, and all
// that is left for one without.
func (a *App) hookCost(p *pass, n *node, left int64) int64 {
	sum := int64(0)
	for _, k := range p.hooks(n) {
		if !n.planned(p, k) || n.traits.bestEffort {
			continue
		}
		if limit := n.limit(p.phase); limit > 0 {
			sum += limit
		} else {
			sum += left
		}
	}
	return sum
}

// planHooks lists the hooks of a pass in an order in which they could run: as
// they were added for a start, the other way for a stop.
func (a *App) planHooks(p *pass, end int64) []PlanHook {
	hooks := []PlanHook{}
	nodes := slices.Clone(p.nodes)
	if p.phase != PhaseStart {
		slices.Reverse(nodes)
	}
	for _, n := range nodes {
		later := int64(0)
		var own []PlanHook
		kinds := p.hooks(n)
		for i := len(kinds) - 1; i >= 0; i-- {
			if !n.planned(p, kinds[i]) {
				continue
			}
			h := a.planHook(p, n, kinds[i])
			if p.phase != PhaseStart {
				h.Latest = time.Duration(end - n.tail - later)
				h.Reserve = time.Duration(a.timing.reserve(n, n.limit(p.phase)))
				later += int64(h.Reserve)
			}
			own = append(own, h)
		}
		slices.Reverse(own)
		hooks = append(hooks, own...)
	}
	return hooks
}

func (a *App) planHook(p *pass, n *node, k HookKind) PlanHook {
	h := PlanHook{
		Component: n.name, Hook: n.kind(k), Place: placeOf(n.site), Limit: time.Duration(n.limit(p.phase)),
		Critical: n.critical(), BestEffort: n.traits.bestEffort,
	}
	before := n.needs
	if p.phase != PhaseStart {
		before = a.neededBy(n)
	}
	if p.phase == PhaseAnnounce || n.traits.free {
		before = nil
	}
	for _, m := range before {
		if !slices.Contains(h.After, m.name) {
			h.After = append(h.After, m.name)
		}
	}
	return h
}

// neededBy returns n's direct dependants, before the graph is fixed.
func (a *App) neededBy(n *node) []*node {
	var users []*node
	for _, m := range a.building.all() {
		if slices.Contains(m.needs, n) {
			users = append(users, m)
		}
	}
	return users
}

// warningsLocked says what is allowed but likely to hurt.
func (a *App) warningsLocked(passes []*pass) []string {
	var warnings []string
	b := &a.timing
	chain, total := heaviestChain(passes, func(p *pass, n *node) int64 {
		sum := int64(0)
		for _, k := range p.hooks(n) {
			if n.planned(p, k) && !n.traits.bestEffort {
				sum += n.limit(p.phase)
			}
		}
		return sum
	})
	if total += b.delay; total > b.grace-b.margin {
		warnings = append(warnings, fmt.Sprintf("limits of %v (%s), readiness delay included, do not fit the grace period of %v: hooks late in the chain get less than their limit",
			round(time.Duration(total)), strings.Join(chain, " > "), time.Duration(b.grace)))
	}
	for _, n := range a.building.all() {
		if n.comp.Start != nil && n.limit(PhaseStart) == 0 && !a.cfg.phaseLimits[PhaseStart].isSet {
			warnings = append(warnings, fmt.Sprintf("start %q (%s) has no limit: a start that hangs, hangs until the app is asked to stop", n.name, placeOf(n.site)))
		}
	}
	return warnings
}

// Text returns the plan as a table for people.
func (p *Plan) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: preset %s, grace period %v, readiness delay %v, escalation %s\n",
		p.App, p.Preset, p.Grace, p.ReadinessDelay, p.Escalation)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "start\t\t\t\t\n")
	planLines(w, p.Start)
	for _, q := range p.Phases {
		fmt.Fprintf(w, "%s\tat most %v\t\t\t\n", phaseTitle(q.Phase, q.Outer), round(q.Limit))
		planLines(w, q.Hooks)
	}
	w.Flush()
	fmt.Fprintf(&b, "reserved: %v (%s)\n", round(p.Reserved), strings.Join(p.CriticalPath, " > "))
	fmt.Fprintf(&b, "worst case: %v of %v\n", round(p.WorstCase), p.Grace)
	for _, text := range p.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", text)
	}
	return b.String()
}

func planLines(w io.Writer, hooks []PlanHook) {
	for _, h := range hooks {
		limit, reserve, latest, after := "no limit", "", "", ""
		if h.Limit > 0 {
			limit = fmt.Sprintf("limit %v", h.Limit)
		}
		if h.Reserve > 0 {
			reserve = fmt.Sprintf("reserve %v", round(h.Reserve))
		}
		if h.Latest > 0 {
			latest = fmt.Sprintf("over by %v", round(h.Latest))
		}
		if len(h.After) > 0 {
			after = "after " + strings.Join(h.After, ", ")
		}
		fmt.Fprintf(w, "  %s %s\t%s\t%s\t%s\t%s\n", h.Hook, h.Component, limit, reserve, latest, after)
	}
}

// printPlan is Main when it was asked for the plan.
func (a *App) printPlan(stdout, stderr io.Writer, form string) int {
	p, err := a.Plan()
	switch {
	case err != nil:
		fmt.Fprintln(stderr, err)
		return CodeStartFailed
	case form == "json":
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(p)
	case form == "text":
		_, err = io.WriteString(stdout, p.Text())
	default:
		err = fmt.Errorf("quiesce: %s=%q: want text or json", PlanVariable, form)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return CodeStartFailed
	}
	return CodeOK
}
