// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
)

var errDisk = errors.New("disk full")

// troubledReport is that of a stop in which much went wrong.
func troubledReport(t *testing.T) (report *quiesce.Report) {
	t.Helper()
	t.Setenv(quiesce.GraceVariable, "")
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		t.Cleanup(func() { close(release) })
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second), quiesce.WithReadinessDelay(time.Second))
		db := app.Add("db", quiesce.Component{Start: quiesce.Nothing, Stop: quiesce.NoCtx(func() error { return errDisk })}, quiesce.Critical(time.Second))
		app.Add("http", quiesce.Component{
			Run:    func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			Drain:  func(context.Context) error { <-release; return nil },
			Force:  func() {},
			Serves: true,
		}, quiesce.Needs(db), quiesce.Limit(quiesce.PhaseDrain, 2*time.Second))
		app.Add("worker", quiesce.Component{Run: func(ctx context.Context) error {
			<-ctx.Done()
			panic(errDisk)
		}}, quiesce.Needs(db))
		app.Add("admin", quiesce.Component{Stop: quiesce.Nothing}, quiesce.Outer())
		r := quiescetest.Start(t, app, quiescetest.AllowUnclean())
		time.Sleep(time.Second)
		r.Shutdown(nil)
		report = r.Wait()
	})
	return report
}

// The JSON of a report reads back as the same report, but for the errors
// themselves, whose texts are there.
func TestReportJSON(t *testing.T) {
	r := troubledReport(t)
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back quiesce.Report
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	same := *r
	same.Started, same.Began = back.Started, back.Began // without the monotonic clock
	if !r.Began.Equal(back.Began) || !r.Started.Equal(back.Started) {
		t.Errorf("times %v and %v read back as %v and %v", r.Started, r.Began, back.Started, back.Began)
	}
	same.Causes = append([]quiesce.Cause(nil), r.Causes...)
	for i := range same.Causes {
		same.Causes[i].Err = nil
	}
	same.Hooks = append([]quiesce.HookReport(nil), r.Hooks...)
	for i := range same.Hooks {
		same.Hooks[i].Err = nil
	}
	if !reflect.DeepEqual(same, back) {
		t.Errorf("the report reads back as\n%+v\nwant\n%+v", back, same)
	}
	if r.Schema != quiesce.ReportSchema || !strings.Contains(string(data), `"schema":1,"app":"shop"`) {
		t.Errorf("schema %d in %.60s", r.Schema, data)
	}
	for _, want := range []string{`"outcome":"abandoned"`, `"phase":"drain"`, `"hook":"run"`, `"state":"stopped"`, `"kind":"failure"`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s is missing in %s", want, data)
		}
	}
}

// The stack of a hook that hangs shows where, and that of a panic too; places
// are those of Add.
func TestReportStacksAndPlaces(t *testing.T) {
	r := troubledReport(t)
	found := 0
	for _, h := range r.Hooks {
		if !strings.Contains(h.Place, "/report_test.go:") {
			t.Errorf("%v %q was added at %q", h.Hook, h.Component, h.Place)
		}
		if h.Outcome == quiesce.Abandoned || h.Outcome == quiesce.Panicked {
			found++
			if !strings.Contains(h.Stack, "troubledReport") || strings.HasPrefix(h.Stack, "no stack") {
				t.Errorf("%v %q %v with the stack:\n%s", h.Hook, h.Component, h.Outcome, h.Stack)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d hooks with a stack, want 2:\n%s", found, r.Text())
	}
}

// The error joins causes and hooks, and each can be told.
func TestReportErr(t *testing.T) {
	err := troubledReport(t).Err()
	for _, want := range []string{`run "worker" panicked: panic: disk full`, `drain "http" abandoned`, `stop "db" failed: disk full`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if strings.Count(err.Error(), `run "worker"`) != 1 {
		t.Errorf("the failing Run is named more than once:\n%v", err)
	}
	if !errors.Is(err, errDisk) || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, quiesce.ErrIncomplete) {
		t.Errorf("Is tells that %v is the wrong errors", err)
	}
	if h, ok := errors.AsType[*quiesce.HookError](err); !ok || h.Outcome != quiesce.Panicked {
		t.Errorf("AsType finds %+v, want the first cause", h)
	}
	if p, ok := errors.AsType[*quiesce.PanicError](err); !ok || p.Value != any(errDisk) {
		t.Errorf("AsType finds %+v, want the panic", p)
	}
}

func TestReportText(t *testing.T) {
	r := troubledReport(t)
	text, stacks, _ := strings.Cut(r.Text(), `  drain "http" (added at`)
	golden(t, "testdata/report.txt", text)
	if stacks == "" {
		t.Error("the text has no stacks")
	}
}

// Before the stop there is no report, during it a snapshot, afterwards always
// the same.
func TestReportDuringAndAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop")
		app.Add("db", quiesce.Component{
			Drain: quiesce.NoCtx(func() error { time.Sleep(2 * time.Second); return nil }),
			Stop:  quiesce.Nothing,
		})
		r := quiescetest.Start(t, app)
		if got := app.Report(); got != nil {
			t.Errorf("a report while running: %+v", got)
		}
		r.Shutdown(nil)
		time.Sleep(time.Second)
		during := app.Report()
		if during == nil || during.State != quiesce.StateDraining || during.Took != time.Second || during.Clean {
			t.Fatalf("the snapshot is %+v", during)
		}
		if h := during.Hooks[0]; h.Outcome != quiesce.Running || during.Hooks[1].Outcome != quiesce.Pending {
			t.Errorf("hooks %+v, want one running and one pending", during.Hooks)
		}
		after := r.Wait()
		time.Sleep(time.Hour)
		if again := app.Report(); again != after || after.Took != 2*time.Second {
			t.Errorf("the report was %+v and is %+v", after, again)
		}
	})
}

// runOnce runs an app that keeps its report in dir, and stops it.
func runOnce(t *testing.T, dir string, stop error) *quiesce.App {
	t.Helper()
	app := quiesce.New("shop", quiesce.WithReportDir(dir))
	app.Add("db", quiesce.Component{Stop: quiesce.NoCtx(func() error { return stop })})
	r := quiescetest.Start(t, app, quiescetest.AllowUnclean())
	r.Shutdown(nil)
	r.Wait()
	return app
}

func TestReportDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "if", "missing")
	first := runOnce(t, dir, nil)
	if p := first.Previous(); p != nil {
		t.Errorf("before the first run there was %+v", p)
	}
	checkFiles(t, dir, "clean", "report.json")

	second := runOnce(t, dir, errDisk)
	if p := second.Previous(); p == nil || !p.Clean || p.Report == nil || !p.Report.Began.Equal(first.Report().Began) {
		t.Errorf("the second run finds %+v, want the first's clean report", p)
	}
	checkFiles(t, dir, "report.json")

	third := runOnce(t, dir, nil)
	if p := third.Previous(); p == nil || p.Clean || p.Report == nil || p.Report.Code != quiesce.CodeUnclean {
		t.Errorf("the third run finds %+v, want the second's unclean report", p)
	}
}

// What a killed process leaves is a run that was not clean and has no report.
func TestReportDirAfterAKill(t *testing.T) {
	dir := t.TempDir()
	runOnce(t, dir, nil)
	app := quiesce.New("shop", quiesce.WithReportDir(dir))
	app.Add("db", quiesce.Component{Stop: quiesce.Nothing})
	r := quiescetest.Start(t, app)
	checkFiles(t, dir, "running") // a SIGKILL now would leave this
	killed := t.TempDir()
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	r.Shutdown(nil)
	r.Wait()
	if p := runOnce(t, killed, nil).Previous(); p == nil || p.Clean || p.Report != nil {
		t.Errorf("after a kill the next run finds %+v", p)
	}
}

// A report directory that cannot be had is a note, not a failure; so is a
// report there that cannot be read.
func TestReportDirInTrouble(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	garbled := t.TempDir()
	if err := os.WriteFile(filepath.Join(garbled, "report.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, garbled} {
		r := runOnce(t, dir, nil).Report()
		if !r.Clean || len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], "report directory: ") {
			t.Errorf("clean %v, notes %q", r.Clean, r.Notes)
		}
	}
	// The garbled one has been replaced.
	if p := runOnce(t, garbled, nil).Previous(); p == nil || !p.Clean || p.Report == nil {
		t.Errorf("after a garbled report the next run but one finds %+v", p)
	}
}

func checkFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q holds %q, want %q", filepath.Base(dir), got, want)
	}
}

// The termination log gets the reason, replaces what was there, and is not made.
func TestTerminationLogOfAStop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "termination-log")
	run := func(stop error) {
		app := quiesce.New("shop", quiesce.WithTerminationLog(path))
		app.Add("db", quiesce.Component{Stop: quiesce.NoCtx(func() error { return stop })})
		r := quiescetest.Start(t, app, quiescetest.AllowUnclean())
		r.Shutdown(errors.New("deploy of version 2"))
		r.Wait()
	}
	run(nil)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Fatalf("a file that was not there was made: %v", err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("old", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(errors.New(strings.Repeat("long ", 2000)))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	if len(lines) != 4 || !strings.HasSuffix(lines[0], "not clean, code 3") || lines[1] != "deploy of version 2" || lines[2] != `stop "db" failed` {
		t.Errorf("the termination log says %q", data)
	}
}

// The termination log is cut to what Kubernetes keeps.
func TestTerminationLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "termination-log")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	app := quiesce.New("shop", quiesce.WithTerminationLog(path))
	app.Add("db", quiesce.Component{Stop: quiesce.Nothing})
	r := quiescetest.Start(t, app)
	r.Shutdown(errors.New(strings.Repeat("long ", 2000)))
	r.Wait()
	if data, err := os.ReadFile(path); err != nil || len(data) != 4096 {
		t.Errorf("the termination log has %d bytes, %v, want 4096", len(data), err)
	}
}

// holds fails the test unless text contains all of parts.
func holds(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
}
