// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/go-quiesce/quiesce/bench/internal/measure"
	"github.com/go-quiesce/quiesce/bench/internal/rig"
)

// batch is about how many components are started, and then stopped, between
// two looks at the clock.
const batch = 40_000

// A contender is one way to run the same components.
type contender struct {
	name  string
	build rig.Builder
	graph *rig.Graph
	hooks rig.Hooks
	costs costs
}

// costs are the samples of a contender, per component.
type costs struct{ build, start, stop, both []time.Duration }

// compete samples every contender in turns. The first round only warms up.
func compete(rounds int, contenders ...*contender) {
	for i := range rounds + 1 {
		for j := range contenders {
			c := contenders[(i+j)%len(contenders)]
			c.sample()
			if i == 0 {
				c.costs = costs{}
			}
		}
	}
}

func (c *contender) sample() {
	rigs := make([]rig.Rig, max(1, batch/c.graph.Len()))
	per := time.Duration(len(rigs) * c.graph.Len())
	build := cpuOf(func() {
		for i := range rigs {
			rigs[i] = c.build(c.graph, c.hooks)
		}
	})
	start := cpuOf(func() {
		for _, r := range rigs {
			r.Start()
		}
	})
	stop := cpuOf(func() {
		for _, r := range rigs {
			r.Stop()
		}
	})
	c.costs.build = append(c.costs.build, build/per)
	c.costs.start = append(c.costs.start, start/per)
	c.costs.stop = append(c.costs.stop, stop/per)
	c.costs.both = append(c.costs.both, (start+stop)/per)
}

func cpuOf(f func()) time.Duration {
	runtime.GC()
	before := measure.CPU()
	f()
	return measure.CPU() - before
}

// graphs are the shapes of the comparison with errgroup, with their targets.
func graphs(n int) []struct {
	*rig.Graph
	target float64
} {
	return []struct {
		*rig.Graph
		target float64
	}{{rig.Wide(n), 1}, {rig.Deep(n), 1}, {rig.Levels(n), 2}}
}

// limitsTarget is the target with limits or Runs, whatever the graph.
const limitsTarget = 3

func stops(s settings, t *table) {
	for _, n := range []int{1_000, 10_000} {
		for _, g := range graphs(n) {
			ours := &contender{build: rig.Quiesce, graph: g.Graph, hooks: rig.NoOp()}
			limits := &contender{build: rig.QuiesceLimits, graph: g.Graph, hooks: rig.NoOp()}
			peer := &contender{build: rig.Errgroup, graph: g.Graph, hooks: rig.NoOp()}
			compete(s.rounds, ours, limits, peer)
			t.compare(title(g.Graph, ""), &ours.costs, &peer.costs, g.target)
			t.compare(title(g.Graph, ", limits"), &limits.costs, &peer.costs, limitsTarget)
		}
	}
}

func runs(s settings, t *table) {
	for _, n := range []int{1_000, 10_000} {
		for _, g := range graphs(n) {
			ours := &contender{build: rig.Quiesce, graph: g.Graph, hooks: rig.NoOpRun()}
			limits := &contender{build: rig.QuiesceLimits, graph: g.Graph, hooks: rig.NoOpRun()}
			peer := &contender{build: rig.Errgroup, graph: g.Graph, hooks: rig.NoOpRun()}
			compete(s.rounds, ours, limits, peer)
			t.compare(title(g.Graph, ", Run"), &ours.costs, &peer.costs, limitsTarget)
			t.compare(title(g.Graph, ", Run and limits"), &limits.costs, &peer.costs, limitsTarget)
		}
	}
}

func title(g *rig.Graph, variant string) string {
	return fmt.Sprintf("%s %d%s", g.Name, g.Len(), variant)
}

// compare adds the lines of one comparison: of the stop alone, and with the start.
func (t *table) compare(what string, ours, peer *costs, target float64) {
	t.ratio(what+": stop", measure.Median(ours.stop), measure.Median(peer.stop), target)
	t.ratio(what+": start+stop", measure.Median(ours.both), measure.Median(peer.both), target)
}

// peers compares libraries. Each has the sizes that it can do in a second or so.
func peers(s settings, t *table) {
	for _, g := range []*rig.Graph{rig.Wide(1_000), rig.Wide(10_000), rig.Deep(1_000), rig.Levels(1_000), rig.Levels(10_000)} {
		ours := &contender{build: rig.Quiesce, graph: g, hooks: rig.NoOp()}
		others := []*contender{
			{name: "errgroup", build: rig.Errgroup, graph: g, hooks: rig.NoOp()},
			{name: "fx", build: rig.Fx, graph: g, hooks: rig.NoOp()},
			{name: "dskit", build: rig.Dskit, graph: g, hooks: rig.NoOp()},
		}
		if g.Name == "wide" { // oklog/run has no order
			others = append(others, &contender{name: "oklog/run", build: rig.Oklog, graph: g, hooks: rig.NoOp()})
		}
		compete(max(1, s.rounds/2), append(others, ours)...)
		for _, o := range others {
			what := title(g, ", "+o.name)
			t.ratio(what+": start+stop", measure.Median(ours.costs.both), measure.Median(o.costs.both), 0)
			if o.name == "errgroup" {
				continue // there is nothing to build
			}
			t.ratio(what+": build", measure.Median(ours.costs.build), measure.Median(o.costs.build), 0)
		}
	}
}

func linear(s settings, t *table) {
	for _, shape := range []func(int) *rig.Graph{rig.Wide, rig.Deep, rig.Levels} {
		var sizes []*contender
		for _, n := range []int{1_000, 10_000, 100_000} {
			sizes = append(sizes, &contender{build: rig.Quiesce, graph: shape(n), hooks: rig.NoOp()})
		}
		compete(max(1, s.rounds/2), sizes...)
		for i, c := range sizes {
			if i == 0 {
				t.figure(title(c.graph, ""), show(measure.Median(c.costs.both)), "")
				continue
			}
			t.ratio(title(c.graph, ""), measure.Median(c.costs.both), measure.Median(sizes[i-1].costs.both), linearTarget)
		}
	}
}

// linearTarget leaves room for what ten times the memory costs in cache misses.
const linearTarget = 2
