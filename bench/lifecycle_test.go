// SPDX-License-Identifier: Apache-2.0

// Package bench_test holds the benchmarks that compare quiesce with its peers;
// docs/benchmarks.md says how to run them. Sub-benchmarks named impl=… are
// columns of benchstat's tables, errgroup's the first: the yardstick.
package bench_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/bench/internal/measure"
	"github.com/go-quiesce/quiesce/bench/internal/rig"
)

type impl struct {
	name  string
	build rig.Builder
}

var (
	errgroup = impl{"errgroup", rig.Errgroup}
	ours     = impl{"quiesce", rig.Quiesce}
	limits   = impl{"quiesce-limits", rig.QuiesceLimits}
	others   = []impl{{"fx", rig.Fx}, {"dskit", rig.Dskit}}
	oklog    = impl{"oklog-run", rig.Oklog}
)

// BenchmarkStop stops apps of no-op components that were started off the clock.
func BenchmarkStop(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		for _, g := range []*rig.Graph{rig.Wide(n), rig.Deep(n), rig.Levels(n)} {
			for _, im := range []impl{errgroup, ours, limits} {
				b.Run(fmt.Sprintf("graph=%s/n=%d/impl=%s", g.Name, n, im.name), func(b *testing.B) {
					benchStop(b, g, rig.NoOp(), im)
				})
			}
		}
	}
}

// BenchmarkStopRun is BenchmarkStop with a Run on every component.
func BenchmarkStopRun(b *testing.B) {
	for _, g := range []*rig.Graph{rig.Wide(1_000), rig.Deep(1_000), rig.Levels(1_000)} {
		for _, im := range []impl{errgroup, ours} {
			b.Run(fmt.Sprintf("graph=%s/n=%d/impl=%s", g.Name, g.Len(), im.name), func(b *testing.B) {
				benchStop(b, g, rig.NoOpRun(), im)
			})
		}
	}
}

func benchStop(b *testing.B, g *rig.Graph, h rig.Hooks, im impl) {
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		r := im.build(g, h)
		r.Start()
		b.StartTimer()
		r.Stop()
	}
}

// BenchmarkLife builds, starts and stops, with the processor time that it takes.
func BenchmarkLife(b *testing.B) {
	for _, g := range []*rig.Graph{rig.Wide(1_000), rig.Deep(1_000), rig.Levels(1_000)} {
		impls := append([]impl{errgroup, ours, limits}, others...)
		if g.Name == "wide" {
			impls = append(impls, oklog)
		}
		for _, im := range impls {
			b.Run(fmt.Sprintf("graph=%s/n=%d/impl=%s", g.Name, g.Len(), im.name), func(b *testing.B) {
				benchLife(b, func() rig.Rig { return im.build(g, rig.NoOp()) })
			})
		}
	}
}

// BenchmarkTen builds, starts and stops an app of ten components.
func BenchmarkTen(b *testing.B) {
	f := quiesce.Nothing
	run := func(ctx context.Context) error { <-ctx.Done(); return nil }
	for _, v := range []struct {
		hooks string
		c     quiesce.Component
	}{
		{"start+stop", quiesce.Component{Start: f, Stop: f}},
		{"all", quiesce.Component{Start: f, Announce: f, Drain: f, Stop: f}},
		{"all+run", quiesce.Component{Start: f, Run: run, Announce: f, Drain: f, Stop: f}},
	} {
		g := rig.Ten()
		b.Run("hooks="+v.hooks+"/impl=quiesce", func(b *testing.B) {
			benchLife(b, func() rig.Rig { return rig.Of(rig.App(g, v.c)) })
		})
	}
}

func benchLife(b *testing.B, build func() rig.Rig) {
	b.ReportAllocs()
	cpu := measure.CPU()
	b.ResetTimer()
	for b.Loop() {
		r := build()
		r.Start()
		r.Stop()
	}
	b.ReportMetric(float64(measure.CPU()-cpu)/float64(b.N)/float64(time.Nanosecond), "cpu-ns/op")
}

// BenchmarkState reads the state of a running app, which request paths do.
func BenchmarkState(b *testing.B) {
	app := rig.App(rig.Wide(1_000), quiesce.Component{Start: quiesce.Nothing, Stop: quiesce.Nothing})
	r := rig.Of(app)
	r.Start()
	defer r.Stop()
	for _, call := range []struct {
		name string
		f    func()
	}{
		{"Ready", func() { app.Ready() }},
		{"State", func() { app.State() }},
		{"Reached", func() { app.Reached(quiesce.StateDraining) }},
	} {
		b.Run("call="+call.name+"/impl=quiesce", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				call.f()
			}
		})
	}
}
