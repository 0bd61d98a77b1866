// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/alitto/pond/v2"
	"github.com/panjf2000/ants/v2"
	concpool "github.com/sourcegraph/conc/pool"

	"github.com/go-quiesce/quiesce/pool"
)

// Targets for a job that is submitted, run and counted.
const (
	submitLimit = 70 // ns of CPU
	pondTarget  = 1
	noAllocs    = 0.005 // a job, amortised: rounding and the runtime's own
)

// poolWorkers is how many workers each pool has.
const poolWorkers = 8

var poolWays = []way{
	{name: "ours", open: ourPool(fixed)},
	{name: "the WaitGroup alone", open: waited(func(done func()) (func(), func()) {
		return done, func() {}
	})},
	{name: "pond Go", open: waited(func(done func()) (func(), func()) {
		p := pond.NewPool(poolWorkers)
		return func() { must(p.Go(done)) }, p.StopAndWait
	})},
	{name: "ants Submit", open: waited(func(done func()) (func(), func()) {
		p, err := ants.NewPool(poolWorkers)
		must(err)
		return func() { must(p.Submit(done)) }, p.Release
	})},
	{name: "conc pool Go", open: waited(func(done func()) (func(), func()) {
		p := concpool.New().WithMaxGoroutines(poolWorkers)
		return func() { p.Go(done) }, p.Wait
	})},
	{name: "goroutines that read a channel", open: waited(func(done func()) (func(), func()) {
		jobs := make(chan func(), pool.DefaultQueue)
		for range poolWorkers {
			go func() {
				for f := range jobs {
					f()
				}
			}()
		}
		return func() { jobs <- done }, func() { close(jobs) }
	})},
	{name: "ours, elastic 0 to 8", open: ourPool(pool.WithWorkers(0, poolWorkers))},
	{name: "ours, ages", open: ourPool(fixed, pool.WithScope(scopeAges))},
	{name: "ours, names in turns", open: waited(func(done func()) (func(), func()) {
		ctx := context.Background()
		p := pool.New(ctx, "bench", fixed)
		f := func(context.Context) error { done(); return nil }
		i := 0
		return func() {
			i++
			must(p.Submit(ctx, [...]string{"even", "odd"}[i&1], f))
		}, func() { must(p.Stop()) }
	})},
	{name: "ours, Start", open: waited(func(done func()) (func(), func()) {
		ctx := context.Background()
		p := pool.New(ctx, "bench", fixed)
		f := func(context.Context) error { done(); return nil }
		return func() {
			_, err := p.Start(ctx, "job", f)
			must(err)
		}, func() { must(p.Stop()) }
	})},
	{name: "pond Submit", open: waited(func(done func()) (func(), func()) {
		p := pond.NewPool(poolWorkers)
		return func() { p.Submit(done) }, p.StopAndWait
	})},
}

var fixed = pool.WithWorkers(poolWorkers, poolWorkers)

func ourPool(options ...pool.Option) func() (func(int), func()) {
	return waited(func(done func()) (func(), func()) {
		ctx := context.Background()
		p := pool.New(ctx, "bench", options...)
		f := func(context.Context) error { done(); return nil }
		return func() { must(p.Submit(ctx, "job", f)) }, func() { must(p.Stop()) }
	})
}

func pools(s settings, t *table) {
	for _, procs := range processors {
		takeTurns(s.rounds, procs, poolWays)
		ours, alone := &poolWays[0], &poolWays[1]
		t.limit(onProcs("a job without the WaitGroup's part", procs), float64(ours.cost-alone.cost), submitLimit, "ns")
		t.limit(onProcs("allocations", procs), ours.allocs, noAllocs, "")
		for _, w := range poolWays[2:] {
			what := onProcs(fmt.Sprintf("%s (%.2f allocations)", w.name, w.allocs), procs)
			switch {
			case w.name == "pond Go":
				t.ratio(what, ours.cost, w.cost, pondTarget)
			case strings.HasPrefix(w.name, "ours"):
				t.figure(what, show(w.cost), "")
			default:
				t.ratio(what, ours.cost, w.cost, 0)
			}
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
