// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

const ms = time.Millisecond

var allSituations = []record.Situation{
	record.AtStart, record.Handshake, record.Body, record.Idle, record.Twice, record.TermInt, record.HUP, record.USR1,
	record.StopCont, record.Group, record.Shell, record.SlowClient, record.HalfOpen, record.NeverReads,
}

// goodRun is a run in which everything was asked for, and everything went well.
func goodRun() *record.Run {
	run := &record.Run{Schema: record.Schema, Setup: record.Setup{
		Command: []string{"./server"}, Signal: "SIGTERM", Grace: 10 * time.Second, Delay: 100 * ms, Codes: []int{0},
		Ready: "http://127.0.0.1/readyz", Live: "http://127.0.0.1/livez", Mode: record.Restart,
		MinStops: 10, MinSent: 100, Writes: true, Situations: allSituations,
		Loads: []record.LoadSetup{
			{Name: "keepalive", Protocol: record.HTTP1},
			{Name: "new", Protocol: record.HTTP1, NewConn: true},
			{Name: "h2", Protocol: record.HTTP2},
			{Name: "grpc", Protocol: record.GRPC},
			{Name: "ws", Protocol: record.WS, Long: true},
			{Name: "sse", Protocol: record.SSE, Long: true},
			{Name: "tcp", Protocol: record.TCP},
			{Name: "write", Protocol: record.HTTP1},
		},
	}}
	for n := range 30 {
		s := record.Plain
		if n >= 10 && n < 10+len(allSituations) {
			s = allSituations[n-10]
		}
		run.Rounds = append(run.Rounds, goodRound(&run.Setup, n+1, s))
	}
	return run
}

// goodRound is one whose signal is sent at 50 ms, readiness off at 52 ms, the listener
// closed at 160 ms and the end at 170 ms.
func goodRound(setup *record.Setup, number int, s record.Situation) record.Round {
	r := record.Round{
		Number: number, Signalled: 50 * ms, Exited: 170 * ms,
		Schedule: record.Schedule{Situation: s, Signals: []record.SignalAt{{Signal: "SIGTERM", After: 50 * ms}}},
		Lag:      record.Lag{P50: ms / 10, P99: 2 * ms, Max: 8 * ms},
	}
	if s == record.AtStart {
		return r
	}
	r.Marks = []record.Mark{
		{What: record.MarkReady, At: 3 * ms},
		{What: record.MarkUnready, At: 52 * ms, Detail: "503"},
		{What: record.MarkClosed, At: 160 * ms},
	}
	r.Probes = []record.Probe{
		{Which: "ready", At: 3 * ms, OK: true},
		{Which: "live", At: 3 * ms, OK: true},
		{Which: "ready", At: 52 * ms, Detail: "503"},
		{Which: "connect", At: 160 * ms, Detail: "connect: connection refused"},
		{Which: "live", At: 161 * ms, Detail: "connect: connection refused"},
	}
	for i := range setup.Loads {
		r.Loads = append(r.Loads, goodLoad(setup.Loads[i].Name))
	}
	r.Fates = []record.Fate{{What: "special connection", Outcome: "ok", Good: true}}
	r.Writes = &record.Writes{Acknowledged: 20}
	r.Server = &record.ServerCount{Began: 8 * 40, Finished: 8 * 40}
	return r
}

func goodLoad(name string) record.Load {
	return record.Load{
		Name: name, Sent: 40, Window: 17, Answered: 40, Refused: 3,
		Outcomes: map[string]int{"ok": 40, "refused": 3},
		Buckets:  []record.Bucket{{From: 160 * ms, Refused: 3}},
	}
}

// lose has a request of the load of r lost, and counted as such.
func lose(r *record.Round, load int, outcome string, at time.Duration) {
	l := &r.Loads[load]
	l.Outcomes["ok"]--
	l.Outcomes[outcome]++
	l.Answered--
	l.Lost++
	r.Lost = append(r.Lost, record.Lost{Load: l.Name, Outcome: outcome, Due: at, Sent: at, Ended: at + ms})
}

// judged judges the run and returns the check with that id.
func judged(t *testing.T, run *record.Run, id string) record.Check {
	t.Helper()
	Judge(run)
	i := slices.IndexFunc(run.Checks, func(c record.Check) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("no check %q", id)
	}
	return run.Checks[i]
}
