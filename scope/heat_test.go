// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"testing"
	"time"
)

func TestHeatBuckets(t *testing.T) {
	const timeout = 6400 * time.Millisecond
	for _, test := range []struct {
		left time.Duration
		want int
	}{
		{timeout, 0},
		{timeout/2 + 1, 0},
		{timeout / 2, 1},
		{timeout/4 + 1, 1},
		{timeout / 4, 2},
		{timeout/8 + 1, 2},
		{timeout / 8, 3},
		{timeout / 16, 4},
		{timeout / 32, 5},
		{timeout/64 + 1, 5},
		{timeout / 64, 6},
		{1, 6},
		{0, 7},
		{-time.Hour, 7},
	} {
		if got := heatBucket(timeout-test.left, timeout); got != test.want {
			t.Errorf("%v left of %v: bucket %d, want %d", test.left, timeout, got, test.want)
		}
	}
}

// Each task with a timeout is counted once, when it has ended; others are not.
func TestHeat(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", WithPolicy(Isolate))
		for _, took := range []time.Duration{10 * time.Second, 50 * time.Second, 90 * time.Second} {
			_ = mustStart(t, s, "query", sleeps(took), Timeout(time.Minute)).Wait(t.Context())
		}
		_ = mustStart(t, s, "query", sleeps(time.Hour)).Wait(t.Context())
		_ = mustStart(t, s, "other", sleeps(time.Hour), Timeout(-1)).Wait(t.Context())
		running := mustStart(t, s, "query", sleeps(time.Hour), Timeout(time.Minute))
		use := s.Survey().Use
		if len(use) != 1 || use[0] != (Use{Scope: "s", Task: "query", Left: [heatBuckets]uint64{0: 1, 2: 1, 7: 1}, Spare: 10 * time.Second}) {
			t.Errorf("%+v", use)
		}
		_ = running.Wait(t.Context())
		wantErr(t, "Stop", s.Stop(), nil)
	})
}
