// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/sigmux"
)

// here matches a place in this file.
var here = regexp.MustCompile(`[^/\s(]+/config_test\.go:\d+`)

// Every mistake is returned by Plan and by Run, with its subject, its place and
// what is wrong, and nothing is started.
func TestMistakes(t *testing.T) {
	stop := quiesce.Component{Stop: quiesce.Nothing}
	run := quiesce.Component{Run: quiesce.Nothing}
	other := quiesce.New("other").Add("theirs", stop)
	for _, tt := range []struct {
		name string
		opts []quiesce.Option
		add  func(*quiesce.App)
		want string // subject: problem
	}{
		{"empty app name", nil, nil, `app: empty name`}, // the one case whose app has none
		{"nil option", []quiesce.Option{nil}, nil, `options: nil option`},
		{"grace period", []quiesce.Option{quiesce.WithGracePeriod(0)}, nil, `option WithGracePeriod: 0s is not positive`},
		{"readiness delay", []quiesce.Option{quiesce.WithReadinessDelay(-1)}, nil, `option WithReadinessDelay: -1ns is negative`},
		{"force grace", []quiesce.Option{quiesce.WithForceGrace(-time.Second)}, nil, `option WithForceGrace: -1s is negative`},
		{"phase limit", []quiesce.Option{quiesce.WithPhaseLimit(quiesce.PhaseDrain, 0)}, nil, `option WithPhaseLimit: limit 0s of drain is not positive`},
		{"unknown phase", []quiesce.Option{quiesce.WithPhaseLimit(9, 1)}, nil, `option WithPhaseLimit: unknown phase(9)`},
		{"policy", []quiesce.Option{quiesce.WithEscalation(sigmux.Policy{Name: "none"})}, nil, `option WithEscalation: policy "none" names no signal`},
		{"sink", []quiesce.Option{quiesce.WithSink(nil)}, nil, `option WithSink: nil sink`},
		{"logger", []quiesce.Option{quiesce.WithLogger(nil)}, nil, `option WithLogger: nil logger`},
		{"report dir", []quiesce.Option{quiesce.WithReportDir("")}, nil, `option WithReportDir: empty directory name`},

		{"duplicate name", nil, func(a *quiesce.App) { a.Add("db", stop); a.Add("db", stop) }, `component "db": duplicate name, first added at`},
		{"duplicate outer", nil, func(a *quiesce.App) { a.Add("db", stop); a.Add("db", stop, quiesce.Outer()) }, `component "db": duplicate name`},
		{"empty name", nil, func(a *quiesce.App) { a.Add("", stop) }, `component "": empty name`},
		{"empty component", nil, func(a *quiesce.App) { a.Add("db", quiesce.Component{Force: func() {}, Serves: true}) }, `component "db": has no hook: Start, Run, Announce, Drain and Stop are all nil`},
		{"nil add option", nil, func(a *quiesce.App) { a.Add("db", stop, nil) }, `component "db": nil option`},
		{"other app", nil, func(a *quiesce.App) { a.Add("db", stop, quiesce.Needs(other)) }, `component "db": needs "theirs", a component of another app ("other")`},
		{"outer needs inner", nil, func(a *quiesce.App) {
			h := a.Add("db", stop)
			a.Add("admin", stop, quiesce.Needs(h), quiesce.Outer())
		}, `component "admin": is outer but needs "db", which is not`},
		{"negative reserve", nil, func(a *quiesce.App) { a.Add("db", stop, quiesce.Critical(-1)) }, `component "db": reserve -1ns is negative`},
		{"negative limit", nil, func(a *quiesce.App) { a.Add("db", stop, quiesce.Limit(quiesce.PhaseStop, -time.Second)) }, `component "db": limit -1s of stop is not positive`},
		{"limit of no phase", nil, func(a *quiesce.App) { a.Add("db", stop, quiesce.Limit(9, 1)) }, `component "db": limit for unknown phase(9)`},
		{"reserve over limit", nil, func(a *quiesce.App) {
			a.Add("db", stop, quiesce.Critical(2*time.Second), quiesce.Limit(quiesce.PhaseStop, time.Second))
		}, `component "db": reserve 2s is larger than its limit 1s of stop`},
		{"job without Run", nil, func(a *quiesce.App) { a.Add("db", stop, quiesce.Job()) }, `component "db": is a job but has no Run`},
		{"may end without Run", nil, func(a *quiesce.App) { a.Add("db", stop, quiesce.MayEnd()) }, `component "db": may end but has no Run`},
		{"job that may end", nil, func(a *quiesce.App) { a.Add("db", run, quiesce.Job(), quiesce.MayEnd()) }, `component "db": is a job and may end: choose one`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := "shop"
			if tt.want == "app: empty name" {
				name = ""
			}
			app := quiesce.New(name, tt.opts...)
			started := false
			app.Add("first", quiesce.Component{Start: quiesce.NoCtx(func() error { started = true; return nil })})
			if tt.add != nil {
				tt.add(app)
			}
			_, planErr := app.Plan()
			runErr := app.Run(t.Context())
			checkMistake(t, "Plan", planErr, name, tt.want)
			checkMistake(t, "Run", runErr, name, tt.want)
			if started {
				t.Error("something was started")
			}
			if r := app.Report(); r == nil || r.Code != quiesce.CodeStartFailed || r.Clean {
				t.Errorf("report %+v, want one with code 4", r)
			}
		})
	}
}

func checkMistake(t *testing.T, who string, err error, app, want string) {
	t.Helper()
	subject, problem, _ := strings.Cut(want, ": ")
	e, ok := errors.AsType[*quiesce.ConfigError](err)
	if !ok || e.App != app || e.Subject != subject || !strings.HasPrefix(e.Problem, problem) {
		t.Errorf("%s returned %v, want %q", who, err, want)
		return
	}
	if !here.MatchString(e.Place) {
		t.Errorf("%s names the place %q, want one in this file", who, e.Place)
	}
	if text := fmt.Sprintf("quiesce: app %q: %s (%s): %s", app, subject, e.Place, e.Problem); e.Error() != text {
		t.Errorf("%s says %q, want %q", who, e, text)
	}
}

// The place is that of the very call.
func TestMistakeNamesTheLine(t *testing.T) {
	app := quiesce.New("shop")
	app.Add("db", quiesce.Component{})
	app.Add("db", quiesce.Component{Stop: quiesce.Nothing}, quiesce.Needs(nil))
	app.Add("db", quiesce.Component{Stop: quiesce.Nothing})
	_, err := app.Plan()
	places := here.FindAllString(fmt.Sprint(err), -1)
	if len(places) != 5 { // empty, two duplicates, each with the first
		t.Fatalf("%d places in:\n%v", len(places), err)
	}
	line := func(i int) (n int) {
		_, _ = fmt.Sscanf(places[i][strings.Index(places[i], ":"):], ":%d", &n)
		return n
	}
	if line(1) != line(0)+1 || line(3) != line(0)+2 || places[2] != places[0] || places[4] != places[0] {
		t.Errorf("places %q", places)
	}
}

func TestOverbookedGracePeriodNamesTheChain(t *testing.T) {
	app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second), quiesce.WithReadinessDelay(2*time.Second))
	stop := quiesce.Component{Stop: quiesce.Nothing, Serves: true}
	db := app.Add("db", stop, quiesce.Critical(4*time.Second))
	app.Add("http", stop, quiesce.Critical(4*time.Second), quiesce.Needs(db))
	app.Add("beside", stop, quiesce.Critical(4*time.Second)) // parallel: counts once
	_, err := app.Plan()
	checkMistake(t, "Plan", err, "shop", `grace period: reserves of 8s (stop "http" > stop "db") and a readiness delay of 2s do not fit 10s, of which 50ms is for the report`)
}

func TestGraceVariable(t *testing.T) {
	for _, tt := range []struct{ value, want string }{
		{"7s", ""},
		{"", ""},
		{"soon", `environment QUIESCE_GRACE: time: invalid duration "soon"`},
		{"-1s", `environment QUIESCE_GRACE: -1s is not positive`},
	} {
		t.Run(tt.value, func(t *testing.T) {
			t.Setenv(quiesce.GraceVariable, tt.value)
			app := quiesce.New("shop", quiesce.WithGracePeriod(20*time.Second))
			p, err := app.Plan()
			switch {
			case tt.want != "":
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Plan returned %v, want %s", err, tt.want)
				}
			case err != nil:
				t.Error(err)
			case tt.value == "" && p.Grace != 20*time.Second || tt.value != "" && p.Grace != 7*time.Second:
				t.Errorf("grace period %v", p.Grace)
			}
		})
	}
}

// A nil handle is no dependency, and an inner component may need an outer one.
func TestNeedsThatMeanNothing(t *testing.T) {
	app := quiesce.New("shop")
	outer := app.Add("admin", quiesce.Component{Stop: quiesce.Nothing}, quiesce.Outer())
	app.Add("http", quiesce.Component{Stop: quiesce.Nothing}, quiesce.Needs(nil, outer))
	if _, err := app.Plan(); err != nil {
		t.Error(err)
	}
}

func TestFreeHookMistakes(t *testing.T) {
	app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
	app.Add("db", quiesce.Component{Stop: quiesce.Nothing})
	nothing := quiesce.Nothing
	if err := app.OnFlush("taken", nothing); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{app.OnFlush("", nothing), `hook "" (PLACE): empty name`},
		{app.OnFlush("x", nil), `hook "x" (PLACE): nil function`},
		{app.OnFlush("taken", nothing), `hook "taken" (PLACE): duplicate name in flush, first registered at PLACE`},
		{app.OnAnnounce("taken", nothing), ""}, // another phase
		{app.Hook(quiesce.PhaseDrain, "x", nothing), `hook "x" (PLACE): drain takes no free hooks, only announce and flush do`},
		{app.Hook(quiesce.PhaseFlush, "x", nothing, nil), `hook "x" (PLACE): nil option`},
		{app.Hook(quiesce.PhaseFlush, "x", nothing, quiesce.Fallback(nil)), `hook "x" (PLACE): nil fallback`},
		{app.Hook(quiesce.PhaseFlush, "x", nothing, quiesce.Limit(quiesce.PhaseStop, 1)), `hook "x" (PLACE): limit for stop, but the hook runs in flush`},
		{app.Hook(quiesce.PhaseAnnounce, "x", nothing, quiesce.Limit(quiesce.PhaseAnnounce, -1)), `hook "x" (PLACE): limit -1ns of announce is not positive`},
		{app.Hook(quiesce.PhaseFlush, "x", nothing, quiesce.Critical(1), quiesce.BestEffort()), `hook "x" (PLACE): is critical and best effort: choose one`},
		{app.Hook(quiesce.PhaseFlush, "x", nothing, quiesce.Critical(2), quiesce.Limit(quiesce.PhaseFlush, 1)), `hook "x" (PLACE): reserve 2ns is larger than its limit 1ns`},
	} {
		got := ""
		if tt.err != nil {
			got = here.ReplaceAllString(tt.err.Error(), "PLACE")
		}
		if want := "quiesce: app \"shop\": " + tt.want; got != want && tt.want != "" || tt.want == "" && got != "" {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if _, err := app.Plan(); err != nil {
		t.Errorf("hooks that were refused spoil the app: %v", err)
	}
}

// A mistake is not lost if the app is asked to stop before it runs.
func TestMistakeAfterShutdownBeforeRun(t *testing.T) {
	app := quiesce.New("shop")
	app.Shutdown(nil)
	app.Add("db", quiesce.Component{})
	checkMistake(t, "Run", app.Run(t.Context()), "shop", `component "db": has no hook`)
}
