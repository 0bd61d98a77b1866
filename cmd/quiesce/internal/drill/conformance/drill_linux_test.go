// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/show"
)

const (
	// A fault that a stop shows most times is seen in a few; that there is none takes
	// more. Situations are every other round until each was tried.
	brokenRounds, correctRounds = "5", "10"

	// drillLimit is what one drill may take, on a machine that is busy.
	drillLimit = 5 * time.Minute

	// runVariable is in the environment of a drill and of all that comes of it.
	runVariable = "QUIESCE_ZOO_RUN"
)

// A result is what came of one drill.
type result struct {
	run    *record.Run
	exit   int
	stdout string
	stderr string
}

// drill drills a species on the command line.
func (p *programs) drill(t *testing.T, s *species, seed int) *result {
	t.Helper()
	dir := t.TempDir()
	report := filepath.Join(t.ArtifactDir(), fmt.Sprintf("seed-%d.json", seed))
	rounds := brokenRounds
	if s.correct() {
		rounds = correctRounds
	}
	args := []string{
		"drill", "--url", s.URL, "--seed", strconv.Itoa(seed), "--rounds", rounds, "--situations", "none",
		"--min-stops", "2", "--min-requests", "5", "--no-shrink", "--json", report,
	}
	args = slices.Concat(args, s.Flags, []string{"--"}, s.command(dir)) // of a flag that is given twice the last one counts
	ctx, cancel := context.WithTimeout(t.Context(), drillLimit)
	defer cancel()
	c := exec.CommandContext(ctx, p.quiesce, args...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	mark := runVariable + "=" + dir
	c.Env = append(os.Environ(), mark, "TMPDIR="+dir)
	c.WaitDelay = 10 * time.Second
	err := c.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("seed %d: %v\n%s", seed, err, stderr.String())
	}
	if left := leftovers(t, mark); len(left) > 0 {
		t.Errorf("seed %d: the drill has left %s", seed, strings.Join(left, ", "))
	}
	return &result{readReport(t, report, stderr.String()), c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func readReport(t *testing.T, path, stderr string) *record.Run {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("no report: %v\n%s", err, stderr)
	}
	defer f.Close()
	run, err := show.FromJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// leftovers returns the processes of a drill that are there after it. Those that guard
// servers see its end, and end themselves.
func leftovers(t *testing.T, mark string) []string {
	t.Helper()
	const settle, interval = 5 * time.Second, 10 * time.Millisecond
	for began := time.Now(); ; time.Sleep(interval) {
		if found := processes(t, mark); len(found) == 0 || time.Since(began) > settle {
			return found
		}
	}
}

// processes returns the processes that have mark in their environment.
func processes(t *testing.T, mark string) []string {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range all {
		env, err := os.ReadFile(path) // it may be gone, or another's
		if err != nil || !slices.Contains(strings.Split(string(env), "\x00"), mark) {
			continue
		}
		dir := filepath.Dir(path)
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		found = append(found, fmt.Sprintf("pid %s (%s)", filepath.Base(dir), strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))))
	}
	return found
}

// with returns the ids of the checks with that verdict.
func (r *result) with(v record.Verdict) []string {
	var ids []string
	for _, c := range r.run.Checks {
		if c.Verdict == v {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// busy reports whether the machine alone kept the drill from a verdict.
func (r *result) busy() bool {
	return r.run.Verdict == record.Inconclusive && slices.Equal(r.with(record.Inconclusive), []string{"on-time"})
}

// exits are the exit codes of verdicts.
var exits = map[record.Verdict]int{record.Pass: 0, record.Fail: 1, record.Inconclusive: 3}

// wrong returns what is not as it should be, "" if all is.
func (r *result) wrong(s *species) string {
	failed := r.with(record.Fail)
	found := func(id string) bool { return slices.Contains(failed, id) }
	also := func(id string) bool { return slices.Contains(s.Finds, id) || slices.Contains(s.Also, id) }
	switch v := r.run.Verdict; {
	case s.correct() && v != record.Pass:
		return fmt.Sprintf("it is correct, and the verdict is %s", v)
	case !s.correct() && v != record.Fail:
		return fmt.Sprintf("it %s, and the verdict is %s", s.About, v)
	case !s.correct() && !slices.ContainsFunc(s.Finds, found):
		return fmt.Sprintf("it %s, and of %v no check fails", s.About, s.Finds)
	case !s.correct() && !slices.ContainsFunc(failed, func(id string) bool { return !also(id) }):
		// nothing that it is not
	case !s.correct():
		return fmt.Sprintf("it %s, and checks fail that are not about that", s.About)
	}
	switch v := r.run.Verdict; {
	case r.exit != exits[v]:
		return fmt.Sprintf("the exit code of %s is %d, want %d", v, r.exit, exits[v])
	case !strings.HasPrefix(r.stdout, string(v)):
		return fmt.Sprintf("the report does not begin with %s", v)
	}
	return ""
}

// story returns the checks that matter, and the first findings of each.
func (r *result) story() string {
	var b strings.Builder
	for _, c := range r.run.Checks {
		if c.Verdict != record.Fail && c.Verdict != record.Inconclusive {
			continue
		}
		fmt.Fprintf(&b, "\n%s %s: %s", c.Verdict, c.ID, c.Text)
		for _, f := range c.Findings[:min(len(c.Findings), 3)] {
			fmt.Fprintf(&b, "\n\tround %d: %s", f.Round, f.Text)
		}
	}
	return b.String() + "\n" + r.stderr
}
