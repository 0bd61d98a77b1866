// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

const ms = time.Millisecond

// A maker makes rounds as a drill of a shop would have seen them.
type maker struct {
	rand   *rand.Rand
	loads  []record.LoadSetup
	grace  time.Duration
	inside bool
	slow   time.Duration // how much longer a stop takes
}

func newMaker(seed uint64) *maker {
	return &maker{
		rand:  rand.New(rand.NewPCG(seed, 1)),
		grace: 10 * time.Second,
		loads: []record.LoadSetup{
			{Name: "keepalive", Protocol: record.HTTP1, URL: "http://127.0.0.1:{port}/orders", Connections: 64, Think: 2 * ms},
			{Name: "new", Protocol: record.HTTP1, URL: "http://127.0.0.1:{port}/orders", Connections: 16, Rate: 800, NewConn: true},
			{Name: "sse", Protocol: record.SSE, URL: "http://127.0.0.1:{port}/events", Connections: 4, Long: true},
			{Name: "write", Protocol: record.HTTP1, URL: "http://127.0.0.1:{port}/orders/{id}", Connections: 8, Think: 5 * ms},
		},
		inside: true,
	}
}

func (m *maker) setup() record.Setup {
	return record.Setup{
		Command: []string{"./shop", "-addr", "127.0.0.1:{port}", "-db", "shop.db"},
		Loads:   m.loads, Ready: "http://127.0.0.1:{port}/readyz", Live: "http://127.0.0.1:{port}/livez",
		Signal: "SIGTERM", Grace: m.grace, Delay: 40 * ms, Codes: []int{0}, Mode: record.Restart,
		Seed: 8241, Duration: 25 * time.Second, MinStops: 20, MinSent: 1000, Writes: true,
	}
}

func (m *maker) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(m.rand.Int64N(int64(hi-lo)))
}

// round makes one; its times are drawn.
func (m *maker) round(number int, situation record.Situation, began time.Duration) record.Round {
	ready := m.between(4*ms, 9*ms)
	load := ready + m.between(ms, 3*ms)
	after := m.between(5*ms, 60*ms)
	signal := load + after
	unready := signal + m.between(200*time.Microsecond, ms)
	closed := unready + m.between(40*ms, 44*ms)
	last := closed + m.between(8*ms, 30*ms) + m.slow
	exited := last + m.between(2*ms, 9*ms)
	r := record.Round{
		Number: number, Began: began, Took: exited + 12*ms, Overhead: 9 * ms, Signalled: signal, Exited: exited,
		Schedule: record.Schedule{
			Seed: 8241 + uint64(number), Situation: situation, Window: after,
			Signals: []record.SignalAt{{Signal: "SIGTERM", After: signal - ready}},
		},
		Exit: record.Exit{CPU: 31 * ms, MaxRSS: 24 << 20},
		Lag:  record.Lag{P50: 18 * time.Microsecond, P99: 410 * time.Microsecond, Max: 2 * ms, Busy: 3 * ms},
		Marks: []record.Mark{
			{What: record.MarkStarted},
			{What: record.MarkReady, At: ready},
			{What: record.MarkLoad, At: load},
			{What: record.MarkSignal, At: signal, Detail: "SIGTERM"},
			{What: record.MarkUnready, At: unready, Detail: "503"},
			{What: record.MarkClosed, At: closed},
			{What: record.MarkLast, At: last},
			{What: record.MarkExited, At: exited, Detail: "code 0"},
		},
		Probes: []record.Probe{
			{Which: "ready", At: ready, OK: true, Detail: "200"},
			{Which: "connect", At: ready, OK: true},
			{Which: "live", At: ready, OK: true, Detail: "200"},
			{Which: "ready", At: unready, Detail: "503"},
			{Which: "connect", At: closed, Detail: "connection refused"},
			{Which: "live", At: last, Detail: "connection refused"},
		},
		Writes: &record.Writes{Acknowledged: 212 + m.rand.IntN(60), Failed: 2, Unknown: m.rand.IntN(3)},
	}
	for _, l := range m.loads {
		r.Loads = append(r.Loads, m.load(&l, load, signal, closed, last, exited))
		r.Schedule.Loads = append(r.Schedule.Loads, l.Name)
	}
	if m.inside {
		r.Inside = m.report(signal, unready, closed, last, exited)
	}
	return r
}

// load makes what one kind of clients saw: many answers before the signal, fewer when
// connections are told to leave, none in the end.
func (m *maker) load(l *record.LoadSetup, load, signal, closed, last, exited time.Duration) record.Load {
	per := map[string]int{"keepalive": 90, "new": 8, "sse": 0, "write": 14}[l.Name]
	out := record.Load{Name: l.Name, Outcomes: map[string]int{}}
	for at := load / record.BucketWidth * record.BucketWidth; at < exited+10*ms; at += record.BucketWidth {
		b := record.Bucket{From: at}
		switch {
		case at < closed:
			b.Answered = per + m.rand.IntN(per/4+1)
			b.Slowest = m.between(600*time.Microsecond, 4*ms)
		case at < last:
			b.Answered = int(float64(per) * (0.1 + 0.7*float64(last-at)/float64(last-closed)))
			b.Slowest = m.between(3*ms, 18*ms)
			b.Safe = m.rand.IntN(3)
		}
		if at >= closed {
			b.Refused = per / 3
		}
		if l.Long && at <= last && last < at+record.BucketWidth {
			b.Answered, b.Slowest = l.Connections, last-load
		}
		out.Buckets = append(out.Buckets, b)
		out.Answered += b.Answered
		out.Safe += b.Safe
		out.Refused += b.Refused
		if at >= signal {
			out.Window += b.Answered + b.Safe
		}
	}
	out.Sent = out.Answered + out.Safe
	out.Outcomes["ok"] = out.Answered
	if out.Safe > 0 {
		out.Outcomes["reset_before_write"] = out.Safe
	}
	if out.Refused > 0 {
		out.Outcomes["refused"] = out.Refused
	}
	out.Told, out.Reconnects = l.Connections, 3
	out.Before = record.Quantiles{N: out.Sent - out.Window, P50: 710 * time.Microsecond, P90: 1400 * time.Microsecond, P99: 2900 * time.Microsecond, Max: 4 * ms}
	out.After = record.Quantiles{N: out.Window, P50: 1100 * time.Microsecond, P90: 3200 * time.Microsecond, P99: 9700 * time.Microsecond, Max: 18 * ms}
	out.Latency = record.Quantiles{N: out.Sent, P50: 830 * time.Microsecond, P90: 2100 * time.Microsecond, P99: 7400 * time.Microsecond, Max: 18 * ms}
	return out
}

// report is what the server says of its own stop.
func (m *maker) report(signal, unready, closed, last, exited time.Duration) *record.Inside {
	span := func(name, place string, from, to, allowed time.Duration) record.Span {
		return record.Span{Name: name, Place: place, Began: from, Took: to - from, Allowed: allowed, Outcome: "ok"}
	}
	phase := func(name string, from, to time.Duration) record.Span {
		return record.Span{Name: name, Began: from, Took: to - from}
	}
	told := signal + 150*time.Microsecond
	return &record.Inside{
		App: "shop", Cause: "signal SIGTERM from pid 4711 (uid 1000)", Offset: told,
		Phases: []record.Span{
			phase("announce", told, unready+40*ms), phase("drain", unready+40*ms, last),
			phase("stop", last, last+(exited-last)/2), phase("flush", last+(exited-last)/2, exited-400*time.Microsecond),
		},
		Hooks: []record.Span{
			span(`announce "consul"`, "shop/main.go:58", told, told+6*ms, 0),
			span(`drain "http"`, "shop/main.go:61", unready+40*ms, last, 6*time.Second),
			span(`drain "outbox"`, "shop/main.go:74", unready+40*ms, closed+5*ms, 100*ms),
			span(`stop "outbox"`, "shop/main.go:74", last, last+600*time.Microsecond, time.Second),
			span(`stop "db"`, "shop/main.go:49", last+600*time.Microsecond, last+(exited-last)/2, 2*time.Second),
			span(`flush "telemetry"`, "shop/telemetry.go:22", last+(exited-last)/2, exited-500*time.Microsecond, 500*ms),
		},
	}
}

// spoil makes requests of a round be lost, as a hook that gives up too early does.
func (m *maker) spoil(r *record.Round, n int) {
	out := &r.Loads[0]
	last := r.Marks[6].At
	for i := range n {
		sent := last - m.between(6*ms, 15*ms)
		ended := last + m.between(0, 2*ms)
		kind, text := "reset_after_write", "read tcp 127.0.0.1:40112->127.0.0.1:8080: connection reset by peer (118 bytes written, 0 read)"
		if i%3 == 2 {
			kind, text = "eof_no_response", "EOF (118 bytes written, 0 read)"
		}
		r.Lost = append(r.Lost, record.Lost{Load: out.Name, Outcome: kind, Due: sent - ms, Sent: sent, Ended: ended, Caller: 3 + 7*i, Error: text})
		out.Outcomes[kind]++
		for j := range out.Buckets {
			if b := &out.Buckets[j]; b.From <= ended && ended < b.From+record.BucketWidth {
				b.Lost++
			}
		}
	}
	out.Lost += n
	out.Sent += n
	out.Window += n
	if in := r.Inside; in != nil {
		h := &in.Hooks[1]
		h.Outcome, h.Error, h.Allowed = "timed-out", "2 of 9 requests did not end in time", h.Took
	}
	r.Output = "shop: listening on 127.0.0.1:8080\nshop: \x1b[31mdrain \"http\"\x1b[0m timed out\tafter its limit\n<script>alert(1)</script> & done\n"
}

// drill makes a run of n rounds, two of three of them plain.
func (m *maker) drill(n int) *record.Run {
	others := []record.Situation{
		record.AtStart, record.Handshake, record.Body, record.Idle, record.Twice, record.TermInt, record.HUP, record.USR1,
		record.StopCont, record.Group, record.Shell, record.SlowClient, record.HalfOpen, record.NeverReads,
	}
	run := &record.Run{
		Schema: record.Schema, Tool: "v0.9.0", Began: time.Date(2026, 11, 20, 14, 3, 5, 0, time.UTC), Setup: m.setup(),
		Skipped: []record.Skip{{What: "stop_cont", Why: "the server runs under a supervisor that continues it"}},
	}
	for i := range n {
		s := record.Plain
		if i%3 == 2 {
			s = others[i/3%len(others)]
		}
		r := m.round(i+1, s, run.Took)
		run.Took += r.Took
		run.Rounds = append(run.Rounds, r)
	}
	return run
}

// bounded fills the bound from the rounds.
func bounded(run *record.Run) *record.Run {
	b := &run.Bound
	*b = record.Bound{Stops: len(run.Rounds)}
	for _, r := range run.Rounds {
		for _, l := range r.Loads {
			b.Window += l.Window
			b.Sent += l.Sent
			b.Lost += l.Lost
		}
	}
	if b.Lost == 0 {
		b.Requests, b.StopsP = 3/float64(b.Window), 3/float64(b.Stops)
	}
	return run
}

// checks of a run in which all is well.
func goodChecks() []record.Check {
	pass := func(id, title, text string) record.Check {
		return record.Check{ID: id, Title: title, Verdict: record.Pass, Text: text}
	}
	not := func(id, title, text string) record.Check {
		return record.Check{ID: id, Title: title, Verdict: record.NotTried, Text: text}
	}
	return []record.Check{
		pass("requests-keepalive", "No request on a connection that is kept is lost", "none of 9,120 lost around 14 stops"),
		pass("requests-new", "No request on a new connection is lost", "none of 812 lost around 14 stops"),
		not("requests-h2", "No HTTP/2 request is lost", "no HTTP/2 load: --h2"),
		pass("requests-sse", "Event streams are ended as the protocol says", "240 of 240 ended by the server"),
		pass("readiness-first", "Readiness is off before the listener closes", "readiness was off 40ms before at the least"),
		pass("delay-served", "New connections are served during the readiness delay", "all of 1,904 served in the 40ms"),
		pass("live-throughout", "Liveness stays on while it stops", "on until the last answer in each of 14 stops"),
		pass("refusals-clean", "Connections are refused cleanly after the listener has closed", "1,204 refused, none reset after it was accepted"),
		pass("exits", "It exits by itself", "14 of 14 stops"),
		pass("exits-in-time", "It exits within the grace period", "at most 91ms of 10s"),
		pass("exit-code", "Its exit code is allowed", "0 in 14 of 14 stops"),
		pass("no-process-left", "No process is left behind", "none after 14 stops"),
		pass("no-zombie-left", "No zombie is left behind", "none after 14 stops"),
		pass("no-socket-left", "No listening socket is left behind", "none after 14 stops"),
		pass("no-file-left", "No file is left behind", "none after 14 stops"),
		pass("writes-survive", "What was acknowledged is there after the restart", "14,410 of 14,410 read back"),
		pass("idle-connections", "A connection that was idle is answered, or closed before it is used", "48 of 48 connections"),
		pass("repeated-signal", "A second signal neither hurries a stop that goes well nor is ignored by one that hangs", "3 of 3 stops"),
		not("behind-shell", "It stops behind a shell", "--pid: the parent is not ours"),
		pass("accounted", "Every request is accounted for", "52,310 of 52,310"),
		pass("on-time", "The load keeps to its times", "lag p99 0.41ms, at most 10ms"),
		pass("enough", "There were enough stops and requests", "14 stops, 9,932 requests around them"),
	}
}

// spoiled are the rounds of sampleFail in which requests are lost.
var spoiled = []int{2, 5, 8}

func samplePass() *record.Run {
	run := bounded(newMaker(7).drill(14))
	run.Checks = goodChecks()
	run.Verdict, run.Reason = record.Pass, "nothing was lost in 14 stops"
	return run
}

// sampleFail loses requests in three rounds, leaves things behind in one, and has a
// server that hangs in another.
func sampleFail() *record.Run {
	m := newMaker(8)
	run := m.drill(14)
	for _, n := range spoiled {
		m.spoil(&run.Rounds[n-1], 5+n%4)
	}
	left := &run.Rounds[9]
	left.Left = []record.Leftover{
		{Kind: record.LeftProcess, What: "pid 4242 (sh -c sleep 100)", Detail: "child of the server"},
		{Kind: record.LeftUnix, What: "shop/admin.sock"},
	}
	left.Exit.Code = 3
	idle := &run.Rounds[11]
	idle.Fates = []record.Fate{
		{What: "idle connection", Outcome: "ok", Good: true, At: idle.Signalled + 2*ms},
		{What: "idle connection", Outcome: "reset_after_write", At: idle.Signalled + 44*ms, Detail: "connection reset by peer"},
	}
	hang(&run.Rounds[6], m.grace)
	run.Rounds[12].Problem = "the load was late: lag p99 31ms"
	bounded(run)
	run.Checks = goodChecks()
	failChecks(run)
	run.Verdict, run.Reason = record.Fail, fmt.Sprintf("%d requests were lost in 3 of 14 stops, and 5 other checks failed", run.Bound.Lost)
	run.Smallest = &record.Schedule{
		Seed: 8258, Situation: record.Plain, Window: 37 * ms, Loads: []string{"keepalive"}, Callers: 8,
		Signals: []record.SignalAt{{Signal: "SIGTERM", After: 37 * ms}},
	}
	run.Replay = "quiesce drill --seed 8258 --replay 'plain/TERM@37ms/keepalive:8' --url http://127.0.0.1:{port}/orders -- ./shop -addr 127.0.0.1:{port}"
	return run
}

// failChecks turns the checks that fail.
func failChecks(run *record.Run) {
	fail := func(i int, text string, findings ...record.Finding) {
		run.Checks[i].Verdict, run.Checks[i].Text, run.Checks[i].Findings = record.Fail, text, findings
	}
	var lost []record.Finding
	for _, n := range spoiled {
		for _, l := range run.Rounds[n-1].Lost {
			lost = append(lost, record.Finding{
				Round: n, At: l.Ended, Place: "shop/main.go:61",
				Text: fmt.Sprintf("%s: %s after 118 bytes, while drain \"http\" timed out", l.Load, l.Outcome),
			})
		}
	}
	fail(0, fmt.Sprintf("%d of 9,120 lost in 3 of 14 stops", len(lost)), lost[:8]...)
	run.Checks[0].More = len(lost) - 8
	killed := run.Rounds[6].Signalled + run.Setup.Grace
	fail(8, "killed by the drill in 1 of 14 stops", record.Finding{Round: 7, At: killed, Text: `still there after 10s; stop "db" had not ended`, Place: "shop/main.go:49"})
	fail(9, "over the grace period in 1 of 14 stops", record.Finding{Round: 7, At: killed, Text: "more than 10s", Place: "shop/main.go:49"})
	fail(10, "3 in 1 of 14 stops", record.Finding{Round: 10, At: run.Rounds[9].Exited, Text: "exit code 3, allowed: 0"})
	fail(11, "1 process left after 1 of 14 stops", record.Finding{Round: 10, At: run.Rounds[9].Exited, Text: "pid 4242 (sh -c sleep 100)"})
	fail(16, "1 of 48 connections", record.Finding{Round: 12, At: run.Rounds[11].Signalled + 44*ms, Text: "reset after the request was written"})
	run.Checks[20].Verdict, run.Checks[20].Text = record.Inconclusive, "lag p99 31ms in round 13, at most 10ms"
	run.Interrupted = ""
}

// hang makes a round's server never end.
func hang(r *record.Round, grace time.Duration) {
	killed := r.Signalled + grace
	r.Exited, r.Exit = -1, record.Exit{Code: -1, Signal: "SIGKILL", Killed: true, CPU: 40 * ms, MaxRSS: 25 << 20}
	r.Marks[7] = record.Mark{What: record.MarkKilled, At: killed}
	r.Took = killed + 20*ms
	in := r.Inside
	in.Phases = in.Phases[:3]
	in.Phases[2].Took = killed - in.Phases[2].Began
	in.Hooks = in.Hooks[:5]
	in.Hooks[4].Took = killed - in.Hooks[4].Began
	in.Hooks[4].Outcome, in.Hooks[4].Error = "abandoned", "still waiting for 1 transaction"
	r.Output = "shop: closing the database\n"
}
