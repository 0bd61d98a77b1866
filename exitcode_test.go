// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// TestExitCode: what each program of endings ends with, and what it says on
// standard error.
func TestExitCode(t *testing.T) {
	for ending, want := range map[string]struct {
		code int
		says string
	}{
		"shutdown":    {0, "clean, code 0"},
		"before run":  {0, "never started: part 0, part 1"},
		"run may end": {0, "clean, code 0"},

		"run fails":        {1, `run "part 0" failed: broken`},
		"run ended":        {1, quiesce.ErrEnded.Error()},
		"run panics":       {1, "panic: oops"},
		"run exits":        {1, "runtime.Goexit was called"},
		"run's code":       {42, "work: wants code 42"},
		"run's code 0":     {0, "wants code 0"},
		"run's code 255":   {255, "wants code 255"},
		"run's code -1":    {1, "wants code -1"},
		"run's code 256":   {1, "wants code 256"},
		"shutdown's code":  {7, "wants code 7"},
		"first cause wins": {1, "then: "},

		"stop fails":       {3, `stop "part 0" failed`},
		"stop panics":      {3, `stop "part 0" panicked`},
		"stop exits":       {3, `stop "part 0" exited`},
		"drain over limit": {3, `drain "part 0" abandoned`},
		"drain over phase": {3, `still running: drain "part 0"`},
		"stop over grace":  {124, `still running: stop "part 0"`},
		"ignored ending":   {3, `run "part 0" failed`},

		"start fails":    {4, `start "part 0" failed`},
		"start panics":   {4, "panic: oops"},
		"start exits":    {4, "runtime.Goexit was called"},
		"start overruns": {4, `start "part 0" abandoned`},
		"start's code":   {4, "wants code 42"},
		"mistake":        {4, `component "part 0" (`},
		"late mistake":   {4, "added after Run began"},

		"jobs done":       {0, quiesce.ErrJobsDone.Error()},
		"job fails":       {1, `run "part 0" failed: broken`},
		"job interrupted": {1, "code 1"},

		"unclean and start failed":    {4, `stop "part 0" failed`},
		"incomplete and start failed": {124, `still running: stop "part 0"`},
		"unclean and own code":        {42, `stop "part 0" failed`},
		"incomplete and own code":     {124, `still running: stop "part 0"`},
		"unclean and failure":         {1, `stop "part 0" failed`},
		"incomplete and failure":      {124, `still running: stop "part 0"`},
		"unclean and interrupted":     {3, `stop "part 0" failed`},

		"second app":     {4, "another app's Main has this process's signals"},
		"main twice":     {4, "another app's Main has this process's signals"},
		"main after run": {4, quiesce.ErrStopped.Error()},

		"nil error of run":    {1, `run "part 0" failed`},
		"nil error of stop":   {3, `stop "part 0" failed`},
		"nil error as cause":  {0, "clean, code 0"},
		"error of run hangs":  {3, `still running: run "part 0"`},
		"error of stop hangs": {124, `still running: stop "part 0"`},
	} {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			r := quiescetest.Child(t, "ending", ending).Start(t).Wait()
			if r.Code != want.code || !strings.Contains(r.Stderr, want.says) {
				t.Errorf("%s, want exit code %d; want %q in\n%s", r.Status(), want.code, want.says, r.Stderr)
			}
		})
	}
}

// TestPlanVariable: nothing starts, and the code is 0.
func TestPlanVariable(t *testing.T) {
	for _, tc := range []struct {
		form, ending string
		code         int
		stdout       string
	}{
		{"text", "start fails", 0, "worst case: "},
		{"json", "start fails", 0, `"worst_case": `},
		{"text", "second app", 0, "worst case: "}, // printing takes no signals
		{"text", "mistake", 4, ""},
		{"xml", "start fails", 4, ""},
	} {
		t.Run(tc.form+" "+tc.ending, func(t *testing.T) {
			t.Parallel()
			c := quiescetest.Child(t, "ending", tc.ending)
			c.Env = append(c.Env, quiesce.PlanVariable+"="+tc.form)
			r := c.Start(t).Wait()
			if r.Code != tc.code || !strings.Contains(r.Stdout, tc.stdout) || (tc.code == 0) != (r.Stderr == "") {
				t.Errorf("%s, want exit code %d; want %q in\n%s\nstderr:\n%s", r.Status(), tc.code, tc.stdout, r.Stdout, r.Stderr)
			}
			var p quiesce.Plan
			if err := json.Unmarshal([]byte(r.Stdout), &p); tc.form == "json" && (err != nil || p.App != "ending") {
				t.Errorf("plan %+v, %v", p, err)
			}
		})
	}
}

// TestReportVariable: whoever runs the program gets its report;
// where it cannot be written that is said and changes nothing else.
func TestReportVariable(t *testing.T) {
	dir := t.TempDir()
	for ending, code := range map[string]int{"unclean and failure": 1, "start fails": 4} {
		c := quiescetest.Child(t, "ending", ending)
		path := filepath.Join(dir, ending)
		c.Env = append(c.Env, quiesce.ReportVariable+"="+path)
		if r := c.Start(t).Wait(); r.Code != code || strings.Contains(r.Stderr, quiesce.ReportVariable) {
			t.Errorf("%s: %s, want exit code %d\n%s", ending, r.Status(), code, r.Stderr)
		}
		data, err := os.ReadFile(path)
		var r quiesce.Report
		if err := errors.Join(err, json.Unmarshal(data, &r)); err != nil || r.App != "ending" || r.Code != code {
			t.Errorf("%s: report %+v, %v", ending, r, err)
		}
	}
	c := quiescetest.Child(t, "ending", "start fails")
	c.Env = append(c.Env, quiesce.ReportVariable+"="+filepath.Join(dir, "no", "such"))
	if r := c.Start(t).Wait(); r.Code != 4 || !strings.Contains(r.Stderr, "warning: "+quiesce.ReportVariable) {
		t.Errorf("%s\n%s", r.Status(), r.Stderr)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); left != nil {
		t.Errorf("left %v", left)
	}
}
