// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/sourcegraph/conc"
	"github.com/thejerf/suture/v4"
	"golang.org/x/sync/errgroup"

	"github.com/go-quiesce/quiesce/scope"
)

// Targets for a task, and for one with a handle, against a go statement that a
// WaitGroup counts.
const (
	goTarget    = 1.10
	startTarget = 1.5
)

var scopeAges = scope.WithAges()

var spawnWays = []way{
	{name: "go and WaitGroup", open: func() (func(int), func()) {
		var wg sync.WaitGroup
		f := func() {}
		return func(n int) {
			for range n {
				wg.Add(1)
				go func() {
					defer wg.Done()
					f()
				}()
			}
			wg.Wait()
		}, func() {}
	}},
	{name: "scope Go", open: ourScope()},
	{name: "scope Start", open: func() (func(int), func()) {
		ctx := context.Background()
		s := scope.New(ctx, "bench")
		return func(n int) {
			for range n {
				_, err := s.Start(ctx, "task", nothing)
				must(err)
			}
			must(s.Wait(ctx))
		}, func() { must(s.Stop()) }
	}},
	{name: "scope Go, ages", open: ourScope(scopeAges)},
	{name: "errgroup", open: func() (func(int), func()) {
		var g errgroup.Group
		f := func() error { return nil }
		return func(n int) {
			for range n {
				g.Go(f)
			}
			must(g.Wait())
		}, func() {}
	}},
	{name: "conc", open: func() (func(int), func()) {
		g := conc.NewWaitGroup()
		f := func() {}
		return func(n int) {
			for range n {
				g.Go(f)
			}
			g.Wait()
		}, func() {}
	}},
	{name: "suture", open: waited(func(done func()) (func(), func()) {
		s := suture.NewSimple("bench")
		ctx, cancel := context.WithCancel(context.Background())
		ended := s.ServeBackground(ctx)
		return func() { s.Add(once(done)) }, func() { cancel(); <-ended }
	})},
}

func ourScope(options ...scope.Option) func() (func(int), func()) {
	return func() (func(int), func()) {
		ctx := context.Background()
		s := scope.New(ctx, "bench", options...)
		return func(n int) {
			for range n {
				must(s.Go(ctx, "task", nothing))
			}
			must(s.Wait(ctx))
		}, func() { must(s.Stop()) }
	}
}

func nothing(context.Context) error { return nil }

// once is a service for suture that ends at once and is not started again.
type once func()

func (done once) Serve(context.Context) error {
	done()
	return suture.ErrDoNotRestart
}

func (once) String() string { return "once" }

func spawns(s settings, t *table) {
	for _, procs := range processors {
		takeTurns(s.rounds, procs, spawnWays)
		bare := spawnWays[0].cost
		for _, w := range spawnWays[1:] {
			target := map[string]float64{"scope Go": goTarget, "scope Start": startTarget}[w.name]
			t.ratio(onProcs(fmt.Sprintf("%s (%.2f allocations)", w.name, w.allocs), procs), w.cost, bare, target)
		}
	}
}
