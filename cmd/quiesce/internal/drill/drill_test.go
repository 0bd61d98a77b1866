// SPDX-License-Identifier: Apache-2.0

//go:build linux

package drill

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// against returns a drill of one of the servers.
func against(t testing.TB, server string, rounds int) Config {
	t.Helper()
	store := t.TempDir()
	return Config{
		Setup: record.Setup{
			Command: []string{os.Args[0]}, Seed: 1, Rounds: rounds, Grace: 4 * time.Second, MinStops: 1, MinSent: 1,
		},
		Env:      []string{childVariable + "=" + server, storeVariable + "=" + store, "GORACE=atexit_sleep_ms=0"},
		Loads:    []LoadConfig{{LoadSetup: record.LoadSetup{URL: "http://127.0.0.1:{port}/", Connections: 8, Think: 2 * ms}}},
		Progress: testProgress{t},
	}
}

// testProgress puts into the test's log what is bad, and fails rounds that have no
// end.
type testProgress struct{ t testing.TB }

func (p testProgress) Note(text string) { p.t.Log(text) }

func (p testProgress) Round(r *record.Round, done, _ int) {
	if r.Number != done || r.Took <= 0 || r.Overhead < 0 || r.Overhead > r.Took {
		p.t.Errorf("round %d of %d took %v, %v of it for ourselves", r.Number, done, r.Took, r.Overhead)
	}
}

// drilled runs a drill that comes to a verdict.
func drilled(t testing.TB, c Config) *record.Run {
	t.Helper()
	run, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Rounds) != c.Setup.Rounds && c.Setup.Rounds > 0 {
		t.Errorf("%d rounds, want %d: %s", len(run.Rounds), c.Setup.Rounds, run.Interrupted)
	}
	for i := range run.Rounds {
		checkRound(t, &run.Rounds[i])
	}
	if t.Failed() {
		t.Logf("%s: %s", run.Verdict, run.Reason)
	}
	return run
}

// checkRound holds a round against itself and against the server's count.
func checkRound(t testing.TB, r *record.Round) {
	t.Helper()
	if r.Problem != "" {
		t.Errorf("round %d: %s", r.Number, r.Problem)
	}
	sent, answered := 0, 0
	for _, l := range r.Loads {
		total := 0
		for _, n := range l.Outcomes {
			total += n
		}
		if kinds := l.Answered + l.Safe + l.Refused + l.Lost + l.Outcomes["client_limit"]; kinds != total || l.Window > l.Sent || l.Sent > total {
			t.Errorf("round %d: not everything is accounted for in %+v", r.Number, l)
		}
		sent, answered = sent+l.Sent, answered+l.Answered
	}
	if c := r.Server; c != nil && (c.Began < answered || c.Began > sent || c.Finished != c.Began) {
		t.Errorf("round %d: the server has begun %d and finished %d, we have sent %d and got %d answers", r.Number, c.Began, c.Finished, sent, answered)
	}
	if !slices.IsSortedFunc(r.Marks, func(a, b record.Mark) int { return int(a.At - b.At) }) {
		t.Errorf("round %d: marks are not in order: %v", r.Number, r.Marks)
	}
}

// verdicts returns the checks that have that verdict.
func verdicts(run *record.Run, v record.Verdict) []string {
	var ids []string
	for _, c := range run.Checks {
		if c.Verdict == v {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// passes holds a run of a correct server. The machine that runs the tests may be too
// busy for the load to keep to its times, which is no fault of the server, and said.
func passes(t *testing.T, run *record.Run) {
	t.Helper()
	open := slices.DeleteFunc(verdicts(run, record.Inconclusive), func(id string) bool { return id == "on-time" })
	if run.Verdict == record.Fail || len(open) > 0 {
		t.Errorf("%s: %s", run.Verdict, explain(run))
	} else if run.Verdict != record.Pass {
		t.Logf("%s: %s", run.Verdict, run.Reason)
	}
}

func explain(run *record.Run) string {
	text := run.Reason
	for _, c := range run.Checks {
		if c.Verdict == record.Fail || c.Verdict == record.Inconclusive {
			text += "\n" + c.ID + ": " + string(c.Verdict) + ": " + c.Text
			for _, f := range c.Findings {
				text += "\n\t" + f.Text
			}
		}
	}
	return text
}

func TestCorrectPasses(t *testing.T) {
	run := drilled(t, against(t, "correct", 5))
	passes(t, run)
	for i := range run.Rounds {
		r := &run.Rounds[i]
		load := &r.Loads[0]
		if r.Signalled <= 0 || r.Exited < r.Signalled || load.Answered < 8 || load.Window == 0 || r.Server == nil || r.Server.Began != load.Answered {
			t.Errorf("round %d: signalled %v, exited %v, server %+v, load %+v", r.Number, r.Signalled, r.Exited, r.Server, load)
		}
		want := []record.MarkKind{record.MarkStarted, record.MarkReady, record.MarkLoad, record.MarkSignal}
		for k, what := range want {
			if k >= len(r.Marks) || r.Marks[k].What != what {
				t.Errorf("round %d: marks %v, want them to begin %v", r.Number, r.Marks, want)
				break
			}
		}
		if in := r.Inside; in == nil || in.App != "correct" || in.Offset < r.Signalled-5*ms || in.Offset > r.Exited+5*ms || len(in.Phases) == 0 || len(in.Hooks) == 0 {
			t.Errorf("round %d: inside %+v", r.Number, in)
		}
		if at := r.Signalled - markAt(r, record.MarkLoad); at < r.Schedule.Window || run.Verdict == record.Pass && at > r.Schedule.Window+200*ms {
			t.Errorf("round %d: the signal came %v after the first answers, want %v", r.Number, at, r.Schedule.Window)
		}
	}
}

func markAt(r *record.Round, what record.MarkKind) time.Duration {
	for _, m := range r.Marks {
		if m.What == what {
			return m.At
		}
	}
	return -1
}

// With a readiness probe and a delay, readiness goes off first, and the balancer
// keeps new connections away from a listener that closes.
func TestDelayingPasses(t *testing.T) {
	c := against(t, "delaying", 4)
	c.Setup.Ready, c.Setup.Live, c.Setup.Delay = "http://127.0.0.1:{port}/readyz", "http://127.0.0.1:{port}/livez", readinessDelay
	c.Loads = append(c.Loads, c.Loads[0])
	c.Loads[1].NewConn = true
	run := drilled(t, c)
	passes(t, run)
	for _, id := range []string{"readiness-first", "delay-served", "live-throughout"} {
		if !slices.Contains(verdicts(run, record.Pass), id) {
			t.Errorf("%s does not pass: %v", id, run.Checks)
		}
	}
	for i := range run.Rounds {
		r := &run.Rounds[i]
		unready, turned, closed := markAt(r, record.MarkUnready), markAt(r, record.MarkTurned), markAt(r, record.MarkClosed)
		if unready < r.Signalled || turned < unready+readinessDelay/2 || closed < turned {
			t.Errorf("round %d: signal %v, not ready %v, turned %v, closed %v", r.Number, r.Signalled, unready, turned, closed)
		}
		for _, l := range r.Loads {
			if l.Refused > 0 {
				t.Errorf("round %d: the balancer let %d clients of %s be refused", r.Number, l.Refused, l.Name)
			}
		}
	}
}

func TestBrokenFail(t *testing.T) {
	for _, tt := range []struct {
		server string
		rounds int
		grace  time.Duration
		want   []string
	}{
		{server: "drops", rounds: 8, want: []string{"requests-keepalive"}},
		{server: "exits-1", rounds: 2, want: []string{"exit-code"}},
		{server: "ignores-term", rounds: 1, grace: 200 * ms, want: []string{"exits"}},
		{server: "leaves-child", rounds: 2, want: []string{"no-process-left"}},
	} {
		t.Run(tt.server, func(t *testing.T) {
			c := against(t, tt.server, tt.rounds)
			if tt.grace > 0 {
				c.Setup.Grace = tt.grace
			}
			run := drilled(t, c)
			failed := verdicts(run, record.Fail)
			for _, id := range tt.want {
				if !slices.Contains(failed, id) {
					t.Errorf("%s passes; %s", id, explain(run))
				}
			}
			if run.Verdict != record.Fail {
				t.Errorf("%s", run.Verdict)
			}
			if tt.server == "exits-1" && !strings.Contains(run.Rounds[0].Output, "the last words") {
				t.Errorf("the round has the output %q", run.Rounds[0].Output)
			}
		})
	}
}

func TestWritesSurvive(t *testing.T) {
	for server, want := range map[string]record.Verdict{"correct": record.Pass, "forgets": record.Fail} {
		t.Run(server, func(t *testing.T) {
			c := against(t, server, 2)
			c.Write = &load.Request{Method: "PUT", Path: "/keep/{id}"}
			c.Read = &load.Request{Path: "/keep/{id}"}
			run := drilled(t, c)
			for i := range run.Rounds {
				if w := run.Rounds[i].Writes; w == nil || w.Acknowledged == 0 || w.Unread > 0 || (len(w.Missing) > 0) != (want == record.Fail) {
					t.Errorf("round %d: writes %+v", i+1, w)
				}
			}
			if !slices.Contains(verdicts(run, want), "writes-survive") {
				t.Errorf("want writes-survive to %s: %s", want, explain(run))
			}
		})
	}
}
