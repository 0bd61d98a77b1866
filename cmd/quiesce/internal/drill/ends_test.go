// SPDX-License-Identifier: Apache-2.0

//go:build linux

package drill

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// A server that cannot be run is no verdict on it.
func TestTargetCannotBeRun(t *testing.T) {
	for server, want := range map[string]string{"ends-at-once": "exit code 9\nno database", "/no/such/server": "no such file"} {
		c := against(t, server, 3)
		if strings.HasPrefix(server, "/") {
			c.Setup.Command = []string{server}
		}
		run, err := Run(t.Context(), c)
		if !errors.Is(err, ErrTarget) || !strings.Contains(err.Error(), want) || run == nil || len(run.Rounds) != 0 {
			t.Errorf("%s: error = %v, run = %+v; want %v with %q", server, err, run, ErrTarget, want)
		}
	}
	c := against(t, "correct", 3)
	c.Setup.Grace = -1
	if run, err := Run(t.Context(), c); err == nil || run != nil || errors.Is(err, ErrTarget) {
		t.Errorf("a wrong configuration: run %v, error %v", run, err)
	}
}

// One that dies later is: the rounds until then are there.
func TestTargetDiesLater(t *testing.T) {
	run, err := Run(t.Context(), against(t, "dies-at-third", 20))
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Rounds) != 2+maxProblems || run.Rounds[1].Problem != "" || !strings.Contains(run.Rounds[2].Problem, "the disk is full") || run.Interrupted == "" {
		t.Errorf("%d rounds, interrupted %q: %+v", len(run.Rounds), run.Interrupted, run.Rounds[2:])
	}
	if run.Verdict == record.Pass {
		t.Errorf("%s", run.Verdict)
	}
}

// Whenever the drill is interrupted, what it has seen is there, and nothing is left.
func TestInterrupted(t *testing.T) {
	for _, after := range []time.Duration{0, 20 * ms, 50 * ms, 90 * ms, 300 * ms} {
		ctx, cancel := context.WithTimeoutCause(t.Context(), after, errors.New("enough of that"))
		p := &ports{}
		c, addr := onPort(t, against(t, "correct", 1000))
		c.Progress = p
		run, err := Run(ctx, c)
		cancel()
		if err != nil || run.Interrupted != "enough of that" || len(run.Rounds) != p.rounds {
			t.Fatalf("after %v: error %v, run %+v", after, err, run)
		}
		for i := range run.Rounds {
			checkRound(t, &run.Rounds[i])
		}
		if run.Verdict == "" {
			t.Errorf("after %v: no verdict", after)
		}
		if ok, _ := connects(addr)(t.Context()); ok {
			t.Errorf("after %v: the server still listens", after)
		}
	}
}

// ports counts rounds.
type ports struct {
	sync.Mutex
	rounds int
}

func (p *ports) Note(string) {}

func (p *ports) Round(*record.Round, int, int) { p.rounds++ }

// Rounds are made as long as another is likely to fit.
func TestDuration(t *testing.T) {
	c := against(t, "correct", 0)
	c.Setup.Duration = 700 * ms
	run := drilled(t, c)
	var longest time.Duration
	for i := range run.Rounds {
		longest = max(longest, run.Rounds[i].Took)
	}
	if len(run.Rounds) == 0 || run.Took > c.Setup.Duration+longest {
		t.Errorf("%d rounds in %v, the longest of them %v", len(run.Rounds), run.Took, longest)
	}
}

func TestMore(t *testing.T) {
	for _, tt := range []struct {
		took, gone time.Duration // of each round, since the begin
		want       bool
	}{
		{100 * ms, 0, true},
		{100 * ms, 800 * ms, true},
		{100 * ms, 950 * ms, false},
		{2 * time.Second, 0, false},
	} {
		d := &drill{Config: usual(), run: &record.Run{}, began: time.Now().Add(-tt.gone)}
		d.Setup.Rounds, d.Setup.Duration = 0, time.Second
		if !d.more() {
			t.Error("there is to be no round at all")
		}
		d.run.Rounds = []record.Round{{Took: tt.took}, {Took: tt.took}, {Took: time.Minute}}
		if got := d.more(); got != tt.want {
			t.Errorf("after %v with rounds of %v: more is %v, want %v", tt.gone, tt.took, got, tt.want)
		}
		if d.Setup.Rounds = 3; d.more() {
			t.Error("there are more rounds than were asked for")
		}
	}
}

// A replay makes the one schedule.
func TestReplay(t *testing.T) {
	c := against(t, "correct", 2)
	c.Replay = replay(t, "group/TERM@7ms:group/keepalive:3")
	run := drilled(t, c)
	for i := range run.Rounds {
		r := &run.Rounds[i]
		if r.Schedule.String() != c.Replay.String() || r.Schedule.Seed != c.Setup.Seed || r.Loads[0].Outcomes["ok"] == 0 {
			t.Errorf("made %s with seed %d", r.Schedule, r.Schedule.Seed)
		}
	}
}

// A failing schedule is made smaller, and what is printed for it fails as well.
func TestShrinks(t *testing.T) {
	c := against(t, "drops", 6)
	c.Loads = append(c.Loads, c.Loads[0])
	c.Loads[1].NewConn = true
	c.Shrink = true
	run := drilled(t, c)
	if run.Smallest == nil || len(run.Smallest.Loads) != 1 || run.Smallest.Callers == 0 || !strings.Contains(run.Replay, run.Smallest.String()) {
		t.Fatalf("smallest %v, replay %q", run.Smallest, run.Replay)
	}
	c.Shrink, c.Replay, c.Setup.Rounds = false, replay(t, run.Smallest.String()), 8
	if again := drilled(t, c); again.Verdict != record.Fail {
		t.Errorf("%s passes: %s", run.Smallest, again.Reason)
	}
}

// onPort has a drill use a port that the test knows.
func onPort(t *testing.T, c Config) (Config, string) {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	c.Loads[0].URL = atPort(c.Loads[0].URL, port)
	c.Env = append(c.Env, atPort(portVariable+"={port}", port))
	return c, atPort("127.0.0.1:{port}", port)
}

// A server that does not obey is gone when the drill is over.
func TestNothingListensAfterwards(t *testing.T) {
	c, addr := onPort(t, against(t, "ignores-term", 1))
	c.Setup.Grace = 100 * ms
	drilled(t, c)
	if ok, _ := connects(addr)(t.Context()); ok {
		t.Error("the server still listens")
	}
}

func overheads(run *record.Run) record.Quantiles {
	var all []time.Duration
	for i := range run.Rounds {
		all = append(all, run.Rounds[i].Overhead)
	}
	return quantiles(all)
}

// BenchmarkRound is one stop of a trivial server with 64 connections: a hundred must fit
// into a drill.
func BenchmarkRound(b *testing.B) {
	c := against(b, "correct", b.N)
	c.Loads[0].Connections = 64
	run, err := Run(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(overheads(run).P50)/float64(ms), "overhead-ms")
	if run.Verdict == record.Fail {
		b.Error(explain(run))
	}
}
