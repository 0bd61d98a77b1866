// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Behind nginx no client sees an error while both instances are restarted again
// and again, and nginx itself sees none but connects that are refused.
func TestOutsideNginx(t *testing.T) {
	path := program(t, "nginx", "/usr/sbin/nginx")
	n := count(t, "QUIESCE_ROLLOUTS", 2)
	f := newFront(t)
	f.roll(t, func() {
		f.begin(t, guarded("TERM", path, "-p", f.dir, "-e", "error.log", "-c", f.configure(t, "nginx.conf")))
	}, n).wantNoneLost(t, 2*n)
	f.logNginx(t)
}

// logNginx reads what nginx wrote down: a request that it had to send again was
// lost by an instance, even if the client did not notice.
func (f front) logNginx(t *testing.T) {
	t.Helper()
	refused, lost := 0, 0
	for line := range strings.Lines(f.read(t, "error.log")) {
		switch {
		case strings.Contains(line, "connect() failed"):
			refused++
		default:
			if lost++; lost <= 20 {
				t.Error(strings.TrimSpace(line))
			}
		}
	}
	t.Logf("nginx: %d connects refused, %d other errors", refused, lost)
	if t.Failed() {
		access := f.read(t, "access.log")
		t.Logf("requests that did not go well at once:\n%s", access[:min(len(access), 4000)])
	}
}

func (f front) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		t.Error(err)
	}
	return string(text)
}
