// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Errgroup is the yardstick: what one would write by hand for a start and a
// stop without deadlines, reports or a second signal. It has one errgroup a
// level, which calls the functions of that level's components; the Runs of a
// level, if there are any, share a context and a group, and are ended and
// awaited before the level's Stops.
func Errgroup(g *Graph, h Hooks) Rig {
	runs := make([]runners, len(g.levels))
	return Rig{
		Start: func() {
			for i, level := range g.levels {
				callAll(level, h.Start)
				runs[i].start(level, h.Run)
			}
		},
		Stop: func() {
			for i, level := range slices.Backward(g.levels) {
				runs[i].stop()
				callAll(level, h.Stop)
			}
		},
	}
}

func callAll(level []int, f func(context.Context) error) {
	ctx := context.Background()
	var group errgroup.Group
	for range level {
		group.Go(func() error { return f(ctx) })
	}
	must(group.Wait())
}

// runners are the Runs of one level.
type runners struct {
	group  errgroup.Group
	cancel context.CancelFunc
}

func (r *runners) start(level []int, run func(context.Context) error) {
	if run == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	for range level {
		r.group.Go(func() error { return run(ctx) })
	}
}

func (r *runners) stop() {
	if r.cancel != nil {
		r.cancel()
		must(r.group.Wait())
	}
}
