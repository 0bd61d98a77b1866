// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/go-quiesce/quiesce/quiescetest"
)

func TestMain(m *testing.M) {
	quiescetest.Children(map[string]func(){
		"app":    appMain,
		"client": clientMain,
	})
	os.Exit(m.Run())
}

// program returns where a program is, and skips the test where it is not.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed", names[0])
	return ""
}

// count returns how often the test is to do it: a variable of the environment
// says so for a full run.
func count(t *testing.T, variable string, usual int) int {
	t.Helper()
	n := usual
	if v := os.Getenv(variable); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil || n < 1 {
			t.Fatalf("%s=%q is not a positive number", variable, v)
		}
	}
	t.Logf("%s=%d", variable, n)
	return n
}

// full reports whether this is a full run. The small one leaves some
// combinations out.
func full() bool { return os.Getenv("QUIESCE_STOPS") != "" }

// beside lets a test run beside others in a small run. A full one does one after
// the other: its figures are to be those of one client.
func beside(t *testing.T) {
	if !full() {
		t.Parallel()
	}
}

// whenOrphaned calls f when standard input ends: at the latest when the test
// process has gone, however it went.
func whenOrphaned(f func()) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // how it ends makes no difference
		f()
	}()
}
