// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"testing"
	"time"
)

// Behind haproxy no client sees an error while both instances are restarted
// again and again, be it that its checks see in time that an instance is not
// ready, or that it still sends requests when the drain begins.
func TestOutsideHaproxy(t *testing.T) {
	n := count(t, "QUIESCE_ROLLOUTS", 2)
	for _, tt := range []struct {
		name, reuse string
		delay       time.Duration
	}{
		{"looks away", "safe", readinessDelay},
		{"surprised", "safe", 0},
		{"surprised, reuses at once", "always", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFront(t)
			f.Reuse, f.app.delay = tt.reuse, tt.delay
			f.roll(t, f.haproxy, n).wantLost(t, 2*n, 0)
		})
	}
}
