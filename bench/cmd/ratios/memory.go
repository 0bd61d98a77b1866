// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/bench/internal/measure"
	"github.com/go-quiesce/quiesce/bench/internal/rig"
	"github.com/go-quiesce/quiesce/sigmux"
)

// plain and full are components without and with every hook that waits for
// nothing; fullRun has a Run as well.
var (
	plain   = quiesce.Component{Start: quiesce.Nothing, Stop: quiesce.Nothing}
	full    = quiesce.Component{Start: quiesce.Nothing, Announce: quiesce.Nothing, Drain: quiesce.Nothing, Stop: quiesce.Nothing}
	fullRun = quiesce.Component{Start: quiesce.Nothing, Run: untilEnd, Announce: quiesce.Nothing, Drain: quiesce.Nothing, Stop: quiesce.Nothing}
)

func untilEnd(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// tenLimit is the target for an app of 10: build, start and stop.
const tenLimit = 150 // microseconds of CPU

func ten(s settings, t *table) {
	const apps = 500
	for _, v := range []struct {
		what string
		c    quiesce.Component
	}{{"Start and Stop", plain}, {"every hook but Run", full}, {"every hook and Run", fullRun}} {
		g := rig.Ten()
		var cpu []time.Duration
		var mallocs, bytes uint64
		for range s.rounds {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			cpu = append(cpu, cpuOf(func() {
				for range apps {
					r := rig.Of(rig.App(g, v.c))
					r.Start()
					r.Stop()
				}
			}))
			runtime.ReadMemStats(&after)
			mallocs, bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
		}
		t.limit(v.what, float64(measure.Median(cpu))/apps/1e3, tenLimit, "us")
		t.figure(v.what+": allocations", fmt.Sprintf("%d, %d B", mallocs/apps, bytes/apps), "")
	}
}

// heapLimit is the target for a component without Run.
const heapLimit = 650 // bytes

func heap(_ settings, t *table) {
	run := quiesce.Component{Start: quiesce.Nothing, Run: untilEnd, Stop: quiesce.Nothing}
	for _, n := range []int{10_000, 100_000} {
		for _, g := range []*rig.Graph{rig.Wide(n), rig.Deep(n), rig.Levels(n)} {
			bytes, _ := footprint(g, plain)
			t.limit(title(g, ""), bytes, heapLimit, "B")
		}
		bytes, stack := footprint(rig.Wide(n), run)
		t.figure(title(rig.Wide(n), ", Run"), fmt.Sprintf("%.4g B and %.4g B of stack", bytes, stack), "")
	}
}

// footprint returns the heap and the stack that one component takes.
func footprint(g *rig.Graph, c quiesce.Component) (heap, stack float64) {
	before := inUse()
	app := rig.App(g, c)
	r := rig.Of(app)
	r.Start()
	after := inUse()
	r.Stop()
	n := float64(g.Len())
	return (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / n, (float64(after.StackInuse) - float64(before.StackInuse)) / n
}

func inUse() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC() // what was freed in the first is swept
	runtime.ReadMemStats(&m)
	return m
}

// handful bounds the goroutines of an app: its Run, the coordinator, and one
// for each signal that it listens to.
const (
	handful        = 2
	handfulSignals = handful + 5 // INT, TERM, HUP, USR1 and os/signal's own
)

func idle(_ settings, t *table) {
	for _, n := range []int{10, 1_000} {
		t.limit(fmt.Sprintf("%d components: goroutines", n), goroutines(n), handful, "")
	}
	t.limit("1000 components, signals: goroutines", goroutines(1_000, quiesce.WithSignals(sigmux.OS())), handfulSignals, "")
	app := rig.App(rig.Wide(1_000), plain)
	bare := quiet()
	r := rig.Of(app)
	r.Start()
	ours := quiet()
	t.figure("CPU in an idle second; peer: no app", show(ours.cpu), show(bare.cpu))
	t.figure("times that a thread woke in it; peer: no app", fmt.Sprint(ours.switches), fmt.Sprint(bare.switches))
	t.limit("allocations in it, beyond those without an app", float64(ours.mallocs)-float64(bare.mallocs), 0, "")
	t.limit("allocations of Ready, State and Reached", testing.AllocsPerRun(1000, func() {
		app.Ready()
		app.State()
		app.Reached(quiesce.StateDraining)
	}), 0, "")
	r.Stop()
}

// goroutines returns how many a running app of n components has.
func goroutines(n int, opts ...quiesce.Option) float64 {
	before := settled()
	app := quiesce.New("idle", opts...)
	for i := range n {
		app.Add(fmt.Sprint(i), plain)
	}
	r := rig.Of(app)
	r.Start()
	defer r.Stop()
	return float64(settled() - before)
}

// settled counts goroutines once those that are about to end have ended.
func settled() int {
	time.Sleep(10 * time.Millisecond)
	return runtime.NumGoroutine()
}

// A lull is what the process did in a second in which there was nothing to do.
type lull struct {
	cpu      time.Duration
	switches int64
	mallocs  uint64
}

func quiet() lull {
	var before, after runtime.MemStats
	runtime.GC()
	time.Sleep(100 * time.Millisecond) // the sweeper and the scavenger end
	runtime.ReadMemStats(&before)
	cpu, switches := measure.CPU(), measure.Switches()
	time.Sleep(time.Second)
	l := lull{switches: measure.Switches() - switches, cpu: measure.CPU() - cpu}
	runtime.ReadMemStats(&after)
	l.mallocs = after.Mallocs - before.Mallocs
	return l
}
