// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// The last worker to become idle is the first to be called, and those below it end
// first.
func TestIdleWorkersAreAStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(t.Context(), "p", WithWorkers(0, 8), WithGrowAfter(0), WithIdle(time.Minute))
		defer p.Stop()
		run := func(n int) {
			for range n {
				err := p.Submit(t.Context(), "job", func(context.Context) error { time.Sleep(time.Second); return nil })
				if err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		run(8)
		idle := slices.Clone(p.idle)
		// The first one was idle when the alarm was set, the others a moment later.
		for _, left := range []int{7, 1} {
			for len(p.idle) > left {
				if !slices.Equal(p.idle, idle) {
					t.Fatal("another worker was called than the last one, or it is not the last one now")
				}
				run(1)
			}
			if idle = idle[len(idle)-left:]; !slices.Equal(p.idle, idle) {
				t.Fatalf("%d have stayed, or the wrong ones", len(p.idle))
			}
		}
		if d := time.Since(p.epoch); d < 2*time.Minute || d > 2*time.Minute+2*time.Second {
			t.Errorf("they ended after %v", d)
		}
	})
}
