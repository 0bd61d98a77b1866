// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Behind nginx no client sees an error while both instances are restarted again
// and again, and nginx itself sees none but connects that are refused. It does
// not ask whether an instance is ready: a refused connect is how it learns that one
// is away, and with its default of max_fails it then asks nobody for 10 s if the
// other was away a moment ago. The configuration here has max_fails=0.
func TestOutsideNginx(t *testing.T) {
	n := count(t, "QUIESCE_ROLLOUTS", 2)
	f := newFront(t)
	f.app.delay = readinessDelay
	f.roll(t, f.nginx, n).wantLost(t, 2*n, 0)
	refused, other := f.nginxErrors(t)
	t.Logf("nginx: %d connects refused", refused)
	if len(other) > 0 {
		t.Errorf("nginx: %d requests lost by an instance, want none\n%s", len(other), strings.Join(first(20, other), ""))
	}
}

// nginxErrors reads what nginx wrote down: how many connects were refused, and
// all else. A request that it had to send again is among that, even if the
// client did not notice.
func (f front) nginxErrors(t *testing.T) (refused int, other []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(f.dir, "error.log"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "connect() failed (111:") {
			refused++
		} else {
			other = append(other, line)
		}
	}
	return refused, other
}

func first(n int, lines []string) []string { return lines[:min(n, len(lines))] }
