// SPDX-License-Identifier: Apache-2.0

package show

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
)

// sampleStop is the report of a stop in which one hook hung.
func sampleStop() *quiesce.Report {
	hook := func(name string, k quiesce.HookKind, p quiesce.Phase, began, took time.Duration) quiesce.HookReport {
		return quiesce.HookReport{Component: name, Hook: k, Phase: p, Place: "shop/main.go:61", Outcome: quiesce.OK, Began: began, Took: took, Allowed: 5 * time.Second}
	}
	r := &quiesce.Report{
		Schema: quiesce.ReportSchema, App: "shop", PID: 4711, Preset: "kubernetes", State: quiesce.StateStopped,
		Began: time.Date(2026, 11, 20, 14, 3, 5, 0, time.UTC), Took: 2300 * ms, Grace: 10 * time.Second, Hurried: 1200 * ms,
		HurriedBy: "signal SIGINT", Forced: -1, Code: 3,
		Causes: []quiesce.Cause{
			{Kind: quiesce.CauseSignal, Text: "signal SIGTERM from pid 1", Signal: "SIGTERM"},
			{Kind: quiesce.CauseFailure, Text: "run \"outbox\": \x1b[2J<script>alert(4)</script>", At: 700 * ms},
		},
		Phases: []quiesce.PhaseReport{
			{Phase: quiesce.PhaseStart, Began: -time.Hour, Took: time.Second},
			{Phase: quiesce.PhaseAnnounce, Took: 400 * ms, Limit: time.Second, Delay: 400 * ms},
			{Phase: quiesce.PhaseDrain, Began: 400 * ms, Took: 1000 * ms, Limit: 6 * time.Second},
			{Phase: quiesce.PhaseStop, Began: 1400 * ms, Took: 800 * ms, Limit: 3 * time.Second},
			{Phase: quiesce.PhaseStop, Outer: true, Began: 2200 * ms, Took: 100 * ms, Limit: time.Second},
		},
		Hooks: []quiesce.HookReport{
			hook("db", quiesce.HookStart, quiesce.PhaseStart, -time.Hour, 20*ms),
			hook("http", quiesce.HookDrain, quiesce.PhaseDrain, 400*ms, 1000*ms),
			hook("db", quiesce.HookStop, quiesce.PhaseStop, 1400*ms, 800*ms),
			hook("admin", quiesce.HookStop, quiesce.PhaseStop, 2200*ms, 100*ms),
		},
		Notes: []string{"signals that changed nothing: 1"},
	}
	db := &r.Hooks[2]
	db.Outcome, db.Reason, db.Stack = quiesce.Abandoned, "over its limit", "goroutine 7 [select]:\nmain.(*pool).Close(0x1)\n\t/src/pool.go:12"
	return r
}

func stopPage(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := StopHTML(&b, sampleStop()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestStopReport(t *testing.T) {
	var text, md bytes.Buffer
	if err := StopText(&text, sampleStop()); err != nil {
		t.Fatal(err)
	}
	if err := StopMarkdown(&md, sampleStop()); err != nil {
		t.Fatal(err)
	}
	var doc bytes.Buffer
	if err := StopJSON(&doc, sampleStop()); err != nil {
		t.Fatal(err)
	}
	checkForm(t, "json", doc.String())
	tree := checkHTML(t, stopPage(t))
	for form, out := range map[string]string{"txt": text.String(), "md": md.String(), "html": tree.text.String()} {
		if form != "html" {
			checkForm(t, form, out)
		}
		for _, want := range []string{"abandoned", "over its limit", "/src/pool.go:12", `\x1b[2J<script>alert(4)`, "signal SIGTERM from pid 1", "2.3s"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s lacks %q:\n%s", form, want, cut(out, 4000))
			}
		}
	}
	if !strings.HasPrefix(md.String(), "## ❌ NOT CLEAN: shop stopped in 2.3s of 10s") {
		t.Errorf("Markdown begins %q", cut(md.String(), 80))
	}
}

// TestInside: phases and hooks are on the clock of the round, those of the start are not.
func TestInside(t *testing.T) {
	in := Inside(sampleStop(), time.Minute)
	if len(in.Phases) != 4 || in.Phases[0].Began != time.Minute || in.Phases[3].Name != "stop (outer)" {
		t.Errorf("phases %+v", in.Phases)
	}
	if len(in.Hooks) != 3 || in.Hooks[0].Name != `drain "http"` || in.Hooks[0].Began != time.Minute+400*ms || in.Hooks[1].Outcome != "abandoned" {
		t.Errorf("hooks %+v", in.Hooks)
	}
	if in.App != "shop" || in.Offset != time.Minute || len(in.Notes) != 1 {
		t.Errorf("inside %+v", in)
	}
}
