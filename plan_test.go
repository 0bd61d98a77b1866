// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
)

// plannedApp has something of everything that a plan shows.
func plannedApp() *quiesce.App {
	hook := quiesce.Nothing
	app := quiesce.New("shop", quiesce.Kubernetes(), quiesce.WithGracePeriod(20*time.Second), quiesce.WithReadinessDelay(3*time.Second))
	app.Add("admin", quiesce.Component{Start: hook, Stop: hook}, quiesce.Outer(), quiesce.Limit(quiesce.PhaseStop, time.Second))
	db := app.Add("db", quiesce.Component{Start: hook, Stop: hook}, quiesce.Critical(2*time.Second))
	cache := app.Add("cache", quiesce.Component{Drain: hook, Stop: hook})
	app.Add("http", quiesce.Component{Start: hook, Run: hook, Announce: hook, Drain: hook, Serves: true},
		quiesce.Needs(db, cache), quiesce.Limit(quiesce.PhaseStart, 5*time.Second), quiesce.Limit(quiesce.PhaseDrain, 15*time.Second))
	app.Add("outbox", quiesce.Component{Run: hook}, quiesce.Needs(db), quiesce.Limit(quiesce.PhaseDrain, 100*time.Millisecond))
	for _, err := range []error{
		app.OnFlush("telemetry", hook),
		app.Hook(quiesce.PhaseFlush, "archive", hook, quiesce.BestEffort(), quiesce.Limit(quiesce.PhaseFlush, time.Second)),
		app.Hook(quiesce.PhaseAnnounce, "lb", hook, quiesce.Critical(time.Second)),
	} {
		if err != nil {
			panic(err)
		}
	}
	return app
}

// golden compares got with a file, without places and the ends of lines that
// fill a table.
func golden(t *testing.T, file, got string) {
	t.Helper()
	got = placePattern.ReplaceAllString(got, "FILE:LINE")
	got = trailingSpace.ReplaceAllString(got, "")
	want, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	compareGolden(t, file, "", got, string(want))
}

var trailingSpace = regexp.MustCompile(`(?m) +$`)

func TestPlanText(t *testing.T) {
	t.Setenv(quiesce.GraceVariable, "")
	p, err := plannedApp().Plan()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/plan.txt", p.Text())
}

func TestPlanJSON(t *testing.T) {
	t.Setenv(quiesce.GraceVariable, "")
	p, err := plannedApp().Plan()
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/plan.json", string(data)+"\n")
	var back quiesce.Plan
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(&back, p) {
		t.Errorf("the plan reads back as %+v, %v", back, err)
	}
}

// A plan is a look: more may be added afterwards, and Run still works.
func TestPlanFixesNothing(t *testing.T) {
	app := quiesce.New("shop")
	app.Add("db", quiesce.Component{Stop: quiesce.Nothing})
	first, err := app.Plan()
	if err != nil {
		t.Fatal(err)
	}
	app.Add("http", quiesce.Component{Stop: quiesce.Nothing})
	second, err := app.Plan()
	if err != nil || strings.Contains(first.Text(), "http") || !strings.Contains(second.Text(), "http") {
		t.Errorf("the plans are:\n%s\n%s\n%v", first.Text(), second.Text(), err)
	}
	app.Shutdown(nil)
	if err := app.Run(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPlanAfterRunIsAnError(t *testing.T) {
	app := quiesce.New("shop")
	app.Add("job", quiesce.Component{Run: quiesce.Nothing}, quiesce.Job())
	if err := app.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, err := app.Plan(); err == nil || p != nil {
		t.Errorf("Plan returned %v, %v", p, err)
	}
}

// Small reserves are scaled down if the longest path of them would take more
// than a quarter of the grace period: 40 stops in a row, 1 % each.
func TestPlanScalesSmallReserves(t *testing.T) {
	t.Setenv(quiesce.GraceVariable, "")
	app := quiesce.New("chain", quiesce.WithGracePeriod(100*time.Second))
	var last *quiesce.Handle
	for i := range 40 {
		last = app.Add(fmt.Sprintf("c%d", i), quiesce.Component{Stop: quiesce.Nothing}, quiesce.Needs(last))
	}
	p, err := app.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if p.Reserved != 25*time.Second || len(p.CriticalPath) != 40 {
		t.Errorf("reserved %v along %d hooks, want 25s along 40", p.Reserved, len(p.CriticalPath))
	}
	if h := p.Phases[2].Hooks[0]; h.Component != "c39" || h.Reserve != 625*time.Millisecond {
		t.Errorf("the first stop is %+v, want that of c39 with 625ms", h)
	}
}

func TestPlanWarnings(t *testing.T) {
	t.Setenv(quiesce.GraceVariable, "")
	app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
	db := app.Add("db", quiesce.Component{Start: quiesce.Nothing, Stop: quiesce.Nothing}, quiesce.Limit(quiesce.PhaseStop, 6*time.Second))
	app.Add("http", quiesce.Component{Start: quiesce.Nothing, Stop: quiesce.Nothing}, quiesce.Needs(db),
		quiesce.Limit(quiesce.PhaseStop, 5*time.Second), quiesce.Limit(quiesce.PhaseStart, time.Second))
	p, err := app.Plan()
	if err != nil {
		t.Fatal(err)
	}
	got := placePattern.ReplaceAllString(strings.Join(p.Warnings, "\n"), "FILE:LINE")
	want := `limits of 11s (stop "http" > stop "db"), readiness delay included, do not fit the grace period of 10s: hooks late in the chain get less than their limit
start "db" (FILE:LINE) has no limit: a start that hangs, hangs until the app is asked to stop`
	if got != want {
		t.Errorf("warnings:\n%s\nwant:\n%s", got, want)
	}
}
