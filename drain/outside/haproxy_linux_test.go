// SPDX-License-Identifier: Apache-2.0

package outside

import "testing"

// Behind haproxy, with checks of /readyz, no client sees an error while both
// instances are restarted again and again.
func TestOutsideHaproxy(t *testing.T) {
	path := program(t, "haproxy", "/usr/sbin/haproxy")
	n := count(t, "QUIESCE_ROLLOUTS", 2)
	for _, reuse := range []string{"safe", "always"} {
		t.Run("reuse "+reuse, func(t *testing.T) {
			f := newFront(t)
			f.Reuse = reuse
			f.roll(t, func() {
				f.begin(t, guarded("TERM", path, "-db", "-f", f.configure(t, "haproxy.cfg")))
			}, n).wantNoneLost(t, 2*n)
		})
	}
}
