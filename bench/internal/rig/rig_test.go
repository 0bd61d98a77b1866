// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"sync/atomic"
	"testing"
)

// TestRigsCallEveryHook keeps the comparison honest: every library calls every
// component's Start and Stop, none of the Stops before Stop is asked for.
func TestRigsCallEveryHook(t *testing.T) {
	builders := map[string]Builder{
		"quiesce": Quiesce, "limits": QuiesceLimits, "errgroup": Errgroup, "fx": Fx, "dskit": Dskit, "oklog": Oklog,
	}
	for name, build := range builders {
		for _, g := range []*Graph{Wide(300), Deep(300), Levels(300), Ten()} {
			t.Run(name+"/"+g.Name, func(t *testing.T) { checkRig(t, g, build) })
		}
	}
}

func checkRig(t *testing.T, g *Graph, build Builder) {
	var starts, stops atomic.Int64
	r := build(g, Hooks{Start: counter(&starts), Stop: counter(&stops)})
	r.Start()
	if starts.Load() != int64(g.Len()) || stops.Load() != 0 {
		t.Errorf("after Start: %d starts and %d stops, want %d and 0", starts.Load(), stops.Load(), g.Len())
	}
	r.Stop()
	if stops.Load() != int64(g.Len()) {
		t.Errorf("after Stop: %d stops, want %d", stops.Load(), g.Len())
	}
}

func counter(n *atomic.Int64) func(context.Context) error {
	return func(context.Context) error {
		n.Add(1)
		return nil
	}
}

// TestRigsRun checks the rigs whose components have a Run.
func TestRigsRun(t *testing.T) {
	for name, build := range map[string]Builder{"quiesce": Quiesce, "errgroup": Errgroup} {
		t.Run(name, func(t *testing.T) {
			var runs, ended, stops atomic.Int64
			g := Levels(300)
			h := Hooks{Start: nothing, Stop: counter(&stops), Run: func(ctx context.Context) error {
				runs.Add(1)
				<-ctx.Done()
				ended.Add(1)
				return nil
			}}
			r := build(g, h)
			r.Start()
			if ended.Load() != 0 {
				t.Errorf("%d runs ended before Stop", ended.Load())
			}
			r.Stop()
			if n := int64(g.Len()); runs.Load() != n || ended.Load() != n || stops.Load() != n {
				t.Errorf("%d runs, %d of them ended, %d stops; want %d of each", runs.Load(), ended.Load(), stops.Load(), n)
			}
		})
	}
}

func TestGraphNeeds(t *testing.T) {
	for _, tt := range []struct {
		g           *Graph
		len, levels int
		needs       int // of the last component
	}{
		{Wide(1000), 1000, 1, 0},
		{Deep(1000), 1000, 1000, 1},
		{Levels(1000), 1000, 100, 2},
		{Ten(), 10, 10, 2},
	} {
		last := tt.g.needs[tt.g.Len()-1]
		if tt.g.Len() != tt.len || len(tt.g.levels) != tt.levels || len(last) != tt.needs {
			t.Errorf("%s: %d components, %d levels, last needs %v; want %d, %d, %d of them",
				tt.g.Name, tt.g.Len(), len(tt.g.levels), last, tt.len, tt.levels, tt.needs)
		}
	}
}
