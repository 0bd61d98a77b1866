// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// checkTimesLocked works out the budget and collects what does not fit it.
func (a *App) checkTimesLocked() {
	a.timing = newBudget(a.cfg.grace.value, a.cfg.readinessDelay.value)
	for _, n := range a.building.all() {
		a.checkReserveLocked(n)
	}
	passes := a.stopPasses()
	a.scaleSmallLocked(passes)
	if len(a.cfg.problems) > 0 {
		return // what the options say is not to be reckoned with
	}
	if over := a.overbookedLocked(passes); over != "" {
		a.mistakeLocked("grace period", a.site, "%s", over)
	} else if most := a.cfg.mostGrace; most > 0 && most < a.cfg.grace.value {
		a.timing.shrink(most)
	}
}

// checkReserveLocked finds reserves that are larger than the hook's own limit.
func (a *App) checkReserveLocked(n *node) {
	if !n.critical() {
		return
	}
	for _, p := range []Phase{PhaseAnnounce, PhaseDrain, PhaseStop, PhaseFlush} {
		if limit := n.timing.limits[p]; limit > 0 && n.timing.reserve > limit {
			a.mistakeLocked(n.subject(), n.site, "reserve %v is larger than its limit %v of %v", n.timing.reserve, limit, p)
		}
	}
}

// scaleSmallLocked scales the reserves of hooks that are not critical.
func (a *App) scaleSmallLocked(passes []*pass) {
	b := &a.timing
	total := int64(0)
	for _, p := range passes {
		total += longestPath(p, func(n *node) int64 {
			if n.critical() {
				return 0
			}
			return b.weigh(p, n, true)
		})
	}
	b.scaleSmall(total)
}

// overbookedLocked says whether reserves and readiness delay exceed the grace
// period, and by which chain; "" if they fit.
func (a *App) overbookedLocked(passes []*pass) string {
	b := &a.timing
	total := b.reservesAfter(passes, true) + b.delay
	if room := b.grace - b.margin; total > room {
		chain, _ := heaviestChain(passes, func(p *pass, n *node) int64 { return b.weigh(p, n, true) })
		return fmt.Sprintf("reserves of %v (%s) and a readiness delay of %v do not fit %v, of which %v is for the report",
			round(time.Duration(total-b.delay)), strings.Join(chain, " > "), time.Duration(b.delay),
			time.Duration(b.grace), time.Duration(b.margin))
	}
	return ""
}

// lateReserveProblem says whether a free hook that is registered while the app
// runs would take what is reserved beyond the grace period.
func (a *App) lateReserveProblem(p Phase, n *node) error {
	g := a.building
	if p == PhaseFlush {
		g.flush = append(slices.Clip(g.flush), n)
	} else {
		g.announce = append(slices.Clip(g.announce), n)
	}
	old := a.building
	a.building = g
	over := a.overbookedLocked(a.stopPasses())
	a.building = old
	if p := a.sched.pass; p != nil { // that sum has gone over the nodes of the pass that is on
		longestPath(p, func(n *node) int64 { return a.timing.weigh(p, n, false) })
	}
	if over != "" {
		return fmt.Errorf("%s", over)
	}
	return nil
}

// heaviestChain returns the hooks along the path of the largest weights over
// all passes, in the order in which they run, and their sum.
func heaviestChain(passes []*pass, weight func(*pass, *node) int64) (chain []string, total int64) {
	for _, p := range passes {
		longest := longestPath(p, func(n *node) int64 { return weight(p, n) })
		total += longest
		var n *node
		for _, m := range p.nodes {
			if w := weight(p, m); w > 0 && w+m.tail == longest {
				n = m
			}
		}
		for n != nil {
			chain = append(chain, n.titlesIn(p)...)
			n = heaviestNext(p, n, weight)
		}
	}
	return chain, total
}

// heaviestNext returns the node after n on its heaviest path, nil at its end.
func heaviestNext(p *pass, n *node, weight func(*pass, *node) int64) *node {
	for _, m := range p.next(n) {
		if w := weight(p, m); n.tail > 0 && w+m.tail == n.tail {
			return m
		}
	}
	return nil
}

// titlesIn names the hooks that n has in pass p, for a plan.
func (n *node) titlesIn(p *pass) []string {
	var titles []string
	for _, k := range p.hooks(n) {
		if n.planned(p, k) {
			titles = append(titles, n.title(k))
		}
	}
	return titles
}

// planned reports whether a plan expects hook k of n in pass p.
func (n *node) planned(p *pass, k HookKind) bool {
	if k == HookStart {
		return p.phase == PhaseStart && n.comp.Start != nil
	}
	return n.fn(k) != nil && (k != HookRun || n.phaseOf(k) == p.phase)
}

// subject names the node in a mistake.
func (n *node) subject() string {
	if n.traits.free {
		return fmt.Sprintf("hook %q", n.name)
	}
	return fmt.Sprintf("component %q", n.name)
}
