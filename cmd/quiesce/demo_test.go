// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"
)

// smallDemo is the demo with fewer clients and rounds.
func smallDemo(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"demo", "-rounds", "1", "-sticky", "8", "-fresh", "2", "-streams", "2"}, args...)
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestDemoLosesNothing(t *testing.T) {
	code, stdout, stderr := smallDemo(t, "-seed", "7")
	if code != codeOK || stderr != "" {
		t.Errorf("exit code %d, stderr %q\n%s", code, stderr, stdout)
	}
	for _, want := range []string{
		"seed 7\n", "2 streams and", "exit 0 after", "shop stopped in", "drain http", "0 lost, 0 wrong",
		"2 ended by the server, 0 cut", "0 missing, 0 twice, 0 altered, 0 unpublished", "\nPASS  1 stop, nothing lost\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the output lacks %q:\n%s", want, stdout)
		}
	}
}

// TestDemoCatchesNaiveMain: what the demo says about the shop is worth something
// because it can say the opposite. That the naive main loses nothing in a round
// takes luck, and the demo gives it more rounds then.
func TestDemoCatchesNaiveMain(t *testing.T) {
	code, stdout, stderr := smallDemo(t, "-break")
	if code != codeFindings || !strings.HasPrefix(stderr, "quiesce: error: demo: ") {
		t.Errorf("exit code %d, stderr %q\n%s", code, stderr, stdout)
	}
	if !strings.Contains(stdout, "\nFAIL  ") || !strings.Contains(stdout, "cut in the middle\n") {
		t.Errorf("the output does not say what was lost:\n%s", stdout)
	}
}
