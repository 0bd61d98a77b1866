// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

var update = flag.Bool("update", false, "rewrite golden files; commit only diffs you can explain")

// goldenMark separates a scenario's script from what came of it.
const goldenMark = "----\n"

// TestScenarios runs the scripts in testdata/scenarios, each in a bubble with
// virtual time, and compares what happened with what is written below them.
// scenario_parse_test.go says what a script can say.
func TestScenarios(t *testing.T) {
	t.Setenv(quiesce.GraceVariable, "")
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text, want, _ := strings.Cut(string(data), goldenMark)
			sc, err := parseScenario(text)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			got := ""
			synctest.Test(t, func(t *testing.T) { got = sc.play(t) })
			compareGolden(t, file, text+goldenMark, got, want)
		})
	}
}

// compareGolden compares got with the golden text that follows head in a file,
// or writes it there.
func compareGolden(t *testing.T, file, head, got, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(head+got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		switch {
		case i >= len(g):
			t.Errorf("%s: line %d is missing: %s", file, i+1, w[i])
		case i >= len(w):
			t.Errorf("%s: line %d is new: %s", file, i+1, g[i])
		case g[i] != w[i]:
			t.Errorf("%s: line %d:\n got: %s\nwant: %s", file, i+1, g[i], w[i])
		}
	}
}

// play runs the scenario and returns what came of it as text.
func (sc *scenario) play(t *testing.T) string {
	s := &stage{
		scenario: sc, start: time.Now(), release: make(chan struct{}),
		source: sigmux.NewFake(), recorder: quiescetest.NewRecorder(),
	}
	t.Cleanup(func() { close(s.release) }) // after the runner's: what hangs may now end
	s.app = quiesce.New("app", sc.options...)
	for _, p := range sc.parts {
		p.add(s)
	}
	for _, a := range sc.actions {
		if a.early {
			a.do(s)
		}
	}
	s.runner = quiescetest.Run(t, s.app, quiescetest.AllowUnclean(), quiescetest.WithSignals(s.source), quiescetest.WithRecorder(s.recorder))
	for _, a := range sc.actions {
		if !a.early {
			time.Sleep(time.Until(s.start.Add(a.at)))
			a.do(s)
		}
	}
	r := s.runner.Wait()
	synctest.Wait() // the sinks of a forced end are not waited for
	var b strings.Builder
	b.WriteString(s.recorder.Log())
	s.writeNotes(&b)
	writeReport(&b, r)
	writeError(&b, s.runner.Err())
	return placePattern.ReplaceAllString(b.String(), "FILE:LINE")
}

// placePattern matches the place of an Add call: a line of these very tests.
var placePattern = regexp.MustCompile(`[\w.-]+/\w+_test\.go:\d+`)

// writeReport writes what the report says beyond the events.
func writeReport(b *strings.Builder, r *quiesce.Report) {
	fmt.Fprintf(b, "report: code %d, clean %v, took %v", r.Code, r.Clean, round(r.Took))
	if r.Hurried >= 0 {
		fmt.Fprintf(b, ", hurried at %v", round(r.Hurried))
	}
	if r.Forced >= 0 {
		fmt.Fprintf(b, ", forced at %v", round(r.Forced))
	}
	if r.Watchdog {
		b.WriteString(", watchdog")
	}
	b.WriteString("\n")
	for _, c := range r.Causes {
		fmt.Fprintf(b, "cause: %s at %v: %s\n", strings.TrimSpace(string(c.Kind)+" "+c.Component), round(c.At), c.Text)
	}
	hooks := slices.Clone(r.Hooks)
	for _, h := range hooks {
		if h.Outcome != quiesce.OK {
			writeHook(b, h)
		}
	}
	for _, x := range []struct {
		title string
		list  []string
	}{{"never started", r.Unmade}, {"still running", r.Still}, {"late", r.Late}, {"note", r.Notes}} {
		if len(x.list) > 0 {
			fmt.Fprintf(b, "%s: %s\n", x.title, strings.Join(x.list, ", "))
		}
	}
}

func writeHook(b *strings.Builder, h quiesce.HookReport) {
	fmt.Fprintf(b, "%v %q %v in %v", h.Hook, h.Component, h.Outcome, h.Phase)
	if h.Outcome != quiesce.Skipped && h.Outcome != quiesce.Pending {
		fmt.Fprintf(b, " at %v, took %v", round(h.Began), round(h.Took))
		if h.Allowed > 0 {
			fmt.Fprintf(b, " of %v", round(h.Allowed))
		}
	}
	for _, x := range []struct {
		is   bool
		text string
	}{{h.Forced, "forced"}, {h.Echo, "echo"}, {h.Critical, "critical"}, {h.BestEffort, "best effort"}, {h.Stack != "", "with stack"}} {
		if x.is {
			b.WriteString(", " + x.text)
		}
	}
	if h.Reason != "" {
		b.WriteString(" (" + h.Reason + ")")
	}
	if h.Error != "" {
		b.WriteString(": " + h.Error)
	}
	b.WriteString("\n")
}

func writeError(b *strings.Builder, err error) {
	if err == nil {
		b.WriteString("error: none\n")
		return
	}
	fmt.Fprintf(b, "error: %s\n", strings.ReplaceAll(err.Error(), "\n", "\n       "))
}

// round drops the nanosecond by which an app's clock is ahead of the bubble's.
func round(d time.Duration) time.Duration { return d.Round(time.Microsecond) }
