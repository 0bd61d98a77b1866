// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiescetest_test

import (
	"maps"
	"regexp"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// leakTexts are what the children print, besides "--- FAIL" for those whose names
// begin with Bad, and "--- PASS" for the others.
var leakTexts = map[string][]string{
	"Parallel": {
		`quiescetest: BadParallel has left 2 goroutines \(2 LEAK\)`,
		`LEAK: 2 in chan receive.*\n +` + here + `\.receive quiescetest/leaks_cases_unix_test\.go:\d+\n`,
	},
	"Subtests": {
		`quiescetest: BadSubtests/own has left 1 goroutine `, `--- PASS: BadSubtests/clean `,
		`quiescetest: BadParent has left 1 goroutine `, `--- PASS: BadParent/sub `,
	},
	"Endings": {`quiescetest: BadFailNow has left 1 goroutine `, `quiescetest: BadSkip has left 1 goroutine `},
	"Labels":  {`LEAK: 1 in chan receive.*, job "import"\n`, `the test's goroutine has lost its label`},
	"Again":   {`quiescetest: BadOnce has left 1 goroutine `},
	"Allowed": {`allowed, the reason of functions: orphan: 1`, `allowed, the reason of labels: orphan: 1`, `BadOther has left 1 goroutine `},
	"Scopes": {
		`BadTask has left 2 goroutines \(1 overstay, 1 orphan\)`,
		`overstay: 1 in chan receive, task "deaf" of "shop"`, `orphan: 1 in chan receive, started in task "deaf" of "shop"`,
	},
	"App":      {`LEAK: 1 in chan receive.*, quiesce "shop#1/db"`},
	"Standing": {`BadBody has left 1 goroutine \(1 LEAK\)\n +LEAK: 1 in select.*\n +net/http.\(\*persistConn\).readLoop `},
	"Bubbles":  {`BadInBubble has left 1 goroutine `, `orphan: 1 in chan receive`, `deadlock: main bubble goroutine has exited`},
	"Stops": {
		`quiescetest: BadHang: still running after 20ms\n +task "AssertStops" of "BadHang", `,
		`orphan of task "AssertStops" of "BadHang"`,
		`quiescetest: BadLeft has left 1 goroutine `,
	},
}

// Everyone is blamed for their own, whatever runs at the same time.
func TestLeaks(t *testing.T) {
	for _, procs := range []string{"1", "2"} {
		for _, name := range slices.Sorted(maps.Keys(leakCases)) {
			t.Run(name+"/GOMAXPROCS="+procs, func(t *testing.T) {
				t.Parallel()
				args := []string{name, "-test.v", "-test.parallel=8"}
				if name == "Again" {
					args = append(args, "-test.count=2")
				}
				c := quiescetest.Child(t, "leaks", args...)
				c.Env = append(c.Env, "GOMAXPROCS="+procs)
				r := c.Start(t).Wait()
				out := r.Stdout + r.Stderr
				t.Log(out)
				if r.Code == 0 {
					t.Error("no failure")
				}
				for _, tt := range leakCases[name] {
					want := map[bool]string{true: "--- FAIL: ", false: "--- PASS: "}[strings.HasPrefix(tt.Name, "Bad")]
					if !strings.Contains(out, want+tt.Name+" ") {
						t.Errorf("lacks %q", want+tt.Name)
					}
				}
				for _, text := range leakTexts[name] {
					matches(t, out, text)
				}
			})
		}
	}
}

// matches looks for text in which LEAK stands for what is known of one that waits for
// what nobody has.
func matches(t *testing.T, out, text string) {
	t.Helper()
	class := "orphan"
	if pprof.Lookup("goroutineleak") != nil {
		class = "proven"
	} else if strings.Contains(text, "LEAK") && !strings.Contains(out, "allowed, ") && !strings.Contains(out, "note: quiesce: this program has no goroutine leak profile: Go 1.27 has it") {
		t.Error("not told why there are no proofs")
	}
	if !regexp.MustCompile(strings.ReplaceAll(text, "LEAK", class)).MatchString(out) {
		t.Errorf("lacks %s", text)
	}
}

// A package's tests fail if they leave something, unless they have failed already.
func TestRunNoLeaks(t *testing.T) {
	for name, want := range map[string]struct {
		code int
		text string
	}{
		"clean":  {0, ""},
		"leak":   {1, "quiescetest: the tests have left 1 goroutine ("},
		"failed": {3, ""},
	} {
		r := quiescetest.Child(t, "main", name).Start(t).Wait()
		if r.Code != want.code || !strings.HasPrefix(r.Stderr, want.text) || want.text == "" && r.Stderr != "" {
			t.Errorf("%s: %s\n%s%s", name, r.Status(), r.Stdout, r.Stderr)
		}
	}
}
