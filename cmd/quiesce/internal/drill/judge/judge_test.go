// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// Where everything went well, everything passes but what a restart cannot show.
func TestGoodRunPasses(t *testing.T) {
	run := goodRun()
	Judge(run)
	if run.Verdict != record.Pass {
		t.Errorf("verdict %s: %s", run.Verdict, run.Reason)
	}
	for _, c := range run.Checks {
		want := record.Pass
		if c.ID == "served-throughout" {
			want = record.NotTried
		}
		if c.Verdict != want || len(c.Findings) > 0 || c.Text == "" || c.Title == "" {
			t.Errorf("%s: %s, want %s: %s %v", c.ID, c.Verdict, want, c.Text, c.Findings)
		}
	}
	compareGolden(t, "testdata/good.txt", allTexts(run))
	// 8 loads with 17 requests each that had a connection, around all stops but that at start.
	want := "None of 3,944 requests around 29 stops was lost: with 95 % confidence at most 1 request in 1,317, and 1 stop in 10, loses anything."
	if run.Reason != want {
		t.Errorf("reason %q\nwant   %q", run.Reason, want)
	}
}

// allTexts returns the verdict of each check, and its text.
func allTexts(run *record.Run) string {
	var b strings.Builder
	for _, c := range run.Checks {
		fmt.Fprintf(&b, "%s %s: %s\n", c.Verdict, c.ID, c.Text)
	}
	return b.String()
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("not as in %s; run with -update and look at the difference:\n%s", name, got)
	}
}

// The order of the checks is that of the catalog, and each has an entry.
func TestChecksAreTheCatalog(t *testing.T) {
	run := goodRun()
	Judge(run)
	var checks, entries []string
	for _, c := range run.Checks {
		checks = append(checks, c.ID)
	}
	for _, e := range Catalog() {
		entries = append(entries, e.ID)
	}
	if !slices.Equal(checks, entries) {
		t.Errorf("checks  %q\nentries %q", checks, entries)
	}
}

// Judge changes nothing but its results, and gives the same when called again, also
// on what was read back from JSON.
func TestJudgeIsPure(t *testing.T) {
	run := goodRun()
	lose(&run.Rounds[3], 0, "timeout", 60*ms)
	before := *run
	Judge(run)
	rounds, err := json.Marshal(before.Rounds)
	if err != nil {
		t.Fatal(err)
	}
	if after, err := json.Marshal(run.Rounds); err != nil || string(after) != string(rounds) {
		t.Errorf("Judge changed the rounds (%v)", err)
	}
	data, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	var back record.Run
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	Judge(&back)
	if !reflect.DeepEqual(back.Checks, run.Checks) || back.Verdict != run.Verdict || back.Reason != run.Reason || back.Bound != run.Bound {
		t.Errorf("judged again: %s %s\nwant %s %s", back.Verdict, back.Reason, run.Verdict, run.Reason)
	}
}

// An empty run proves nothing.
func TestEmptyRun(t *testing.T) {
	run := new(record.Run)
	Judge(run)
	if run.Verdict != record.Inconclusive || run.Bound.Requests != 1 || run.Bound.StopsP != 1 {
		t.Errorf("%s, %+v", run.Verdict, run.Bound)
	}
}

func TestUpperBound(t *testing.T) {
	for _, tt := range []struct {
		n    int
		want float64
	}{
		{-1, 1}, {0, 1}, {1, 0.95}, {3, 0.631597}, {10, 0.258866}, {100, 0.0295130}, {300, 0.00993611}, {1e6, 2.99573e-6},
	} {
		if got := upperBound(tt.n); math.Abs(got-tt.want) > 1e-5*tt.want {
			t.Errorf("upperBound(%d) = %v, want %v", tt.n, got, tt.want)
		}
	}
	for n := 1; n < 1e9; n = n*3 + 1 {
		p := upperBound(n)
		if left := math.Exp(float64(n) * math.Log1p(-p)); math.Abs(left-0.05) > 1e-9 {
			t.Errorf("none of %d is seen with a probability of %v at the bound, want 0.05", n, left)
		}
		if p >= 3/float64(n) || p >= upperBound(n-1) {
			t.Errorf("the bound for %d is %v", n, p)
		}
	}
}

// With losses there is no bound of none.
func TestBoundWithLosses(t *testing.T) {
	run := goodRun()
	lose(&run.Rounds[3], 0, "timeout", 60*ms)
	lose(&run.Rounds[3], 1, "eof_no_response", 60*ms)
	Judge(run)
	want := record.Bound{Stops: 29, Window: 3944, Sent: 29 * 8 * 40, Lost: 2}
	if run.Bound != want {
		t.Errorf("bound %+v, want %+v", run.Bound, want)
	}
}

// A lost request is told with all that is known of it.
func TestFindingOfALostRequest(t *testing.T) {
	run := goodRun()
	r := &run.Rounds[3]
	lose(r, 0, "http_error", 60*ms)
	r.Lost[0].Status = 502
	r.Inside = &record.Inside{Offset: 51 * ms, Hooks: []record.Span{
		{Name: `drain "http"`, Place: "main.go:20", Began: 55 * ms, Took: 20 * ms, Outcome: "ok"},
	}}
	c := judged(t, run, "requests-keepalive")
	want := record.Finding{
		Round: 4, At: 61 * ms, Place: "main.go:20",
		Text: `keepalive: http_error (status 502), sent 10ms after SIGTERM, ended 11ms after SIGTERM, while drain "http" was running (main.go:20)`,
	}
	if len(c.Findings) != 1 || c.Findings[0] != want {
		t.Errorf("findings %+v\nwant %+v", c.Findings, want)
	}
	if want := "1 of 2,320 requests were lost, in 1 round."; c.Text != want {
		t.Errorf("text %q, want %q", c.Text, want)
	}
	if want := "One check fails: requests-keepalive (1 of 2,320 requests were lost, in 1 round)."; run.Reason != want {
		t.Errorf("reason %q, want %q", run.Reason, want)
	}
}

// The reason names all checks that fail, and why one does; so with those that prove
// nothing.
func TestReasonOfSeveral(t *testing.T) {
	run := goodRun()
	run.Rounds[3].Exit.Code = 1
	run.Rounds[3].Left = []record.Leftover{{Kind: record.LeftFile, What: "x.pid"}}
	Judge(run)
	want := "2 checks fail: exit-code, no-file-left; the first because in 1 of 30 rounds: its exit code was 1; allowed is 0."
	if run.Reason != want {
		t.Errorf("reason %q\nwant   %q", run.Reason, want)
	}
	run = goodRun()
	run.Interrupted = "SIGINT"
	run.Rounds[3].Writes.Unread = 2
	Judge(run)
	want = "Nothing failed, but 2 checks prove nothing: writes-survive, enough; the last because the run was interrupted: SIGINT."
	if run.Reason != want {
		t.Errorf("reason %q\nwant   %q", run.Reason, want)
	}
}

// A sentence names a few only.
func TestReasonOfMany(t *testing.T) {
	for n, want := range map[int]string{1: "a", 6: "a, a, a, a, a, a", 7: "a, a, a, a, a and 2 more"} {
		if got := few(slices.Repeat([]string{"a"}, n)); got != want {
			t.Errorf("few of %d: %q, want %q", n, got, want)
		}
	}
}

// Findings are listed up to a limit, and counted beyond it and beyond those recorded.
func TestManyFindings(t *testing.T) {
	run := goodRun()
	for range 30 {
		lose(&run.Rounds[3], 0, "timeout", 60*ms)
	}
	run.Rounds[3].Lost = run.Rounds[3].Lost[:25]
	lose(&run.Rounds[4], 0, "timeout", 60*ms)
	run.Rounds[4].Lost = nil
	c := judged(t, run, "requests-keepalive")
	if len(c.Findings) != maxFindings || c.More != 31-maxFindings {
		t.Errorf("%d findings and %d more, want %d and %d", len(c.Findings), c.More, maxFindings, 31-maxFindings)
	}
	if !strings.HasPrefix(c.Text, "31 of ") || !strings.HasSuffix(c.Text, "in 2 rounds.") {
		t.Errorf("text %q", c.Text)
	}
}

// Who is to blame: what was cut or abandoned by then, what went wrong, what was running.
func TestBlame(t *testing.T) {
	span := func(name, outcome string, began, took time.Duration) record.Span {
		return record.Span{Name: name, Outcome: outcome, Began: began * ms, Took: took * ms}
	}
	run := span("run http", "ok", -1000, 1200)
	drain := span("drain http", "ok", 10, 50)
	for _, tt := range []struct {
		name  string
		hooks []record.Span
		at    time.Duration
		want  string
	}{
		{"none", nil, 20, ""},
		{"running", []record.Span{run, drain}, 20, "while drain http was running"},
		{"not begun", []record.Span{run, drain}, 5, ""},
		{"over", []record.Span{run, drain}, 80, ""},
		{"the younger", []record.Span{span("drain db", "ok", 12, 50), drain}, 20, "while drain db was running"},
		{"cut", []record.Span{span("drain a", "timed-out", 0, 30), drain}, 40, "and drain a was cut after 30ms"},
		{"abandoned", []record.Span{drain, span("drain a", "abandoned", 0, 30)}, 40, "and drain a was abandoned after 30ms"},
		{"cut later", []record.Span{span("stop a", "timed-out", 60, 30), drain}, 40, "while drain http was running"},
		{"failed before", []record.Span{span("stop db", "failed", 0, 5), drain}, 40, "after stop db had failed"},
		{"panicked then", []record.Span{span("stop db", "panicked", 0, 50), drain}, 40, "while stop db was running, which panicked"},
		{"the last cut", []record.Span{span("a", "abandoned", 0, 30), span("b", "timed-out", 0, 35)}, 40, "and b was cut after 35ms"},
		{"skipped", []record.Span{span("a", "skipped", 0, 0)}, 40, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if s := blame(&record.Inside{Hooks: tt.hooks}, tt.at*ms); s != nil {
				got = s.text
			}
			if got != tt.want {
				t.Errorf("blame %q, want %q", got, tt.want)
			}
		})
	}
	if blame(nil, 0) != nil {
		t.Error("somebody is to blame without a report")
	}
	failed := span("stop db", "failed", 0, 5)
	failed.Error = "disk full"
	if s := blame(&record.Inside{Hooks: []record.Span{failed}}, 40*ms); s == nil || s.text != "after stop db had failed (disk full)" {
		t.Errorf("blame %+v", s)
	}
}

// Fails is about one round, without regard to its number or to how many there are.
func TestFails(t *testing.T) {
	run := goodRun()
	for i := range run.Rounds {
		if ids := Fails(&run.Setup, &run.Rounds[i]); ids != nil {
			t.Errorf("round %d fails %q", i+1, ids)
		}
	}
	r := &run.Rounds[12] // half bodies
	lose(r, 1, "truncated_body", 60*ms)
	r.Exit.Code = 1
	if ids, want := Fails(&run.Setup, r), []string{"requests-new", "exit-code", "half-body"}; !slices.Equal(ids, want) {
		t.Errorf("fails %q, want %q", ids, want)
	}
	r.Problem = "the server was never ready"
	if ids := Fails(&run.Setup, r); ids != nil {
		t.Errorf("a round that says nothing fails %q", ids)
	}
}

// What is switched off is not tried, and the verdict says so; the evidence cannot be.
func TestSkip(t *testing.T) {
	run := goodRun()
	run.Rounds[3].Exit.Code = 1
	run.Setup.Skip = []string{"exit-code"}
	if c := judged(t, run, "exit-code"); c.Verdict != record.NotTried || run.Verdict != record.Pass || !strings.HasSuffix(run.Reason, "; switched off: exit-code.") {
		t.Errorf("%s, run %s: %s", c.Verdict, run.Verdict, run.Reason)
	}
	run.Setup.Skip = append(run.Setup.Skip, "accounted", "on-time", "enough")
	run.Interrupted = "interrupt"
	if c := judged(t, run, "enough"); c.Verdict != record.Inconclusive {
		t.Errorf("enough: %s", c.Verdict)
	}
}
