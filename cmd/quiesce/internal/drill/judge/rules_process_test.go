// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

func exitTests() []ruleTest {
	return []ruleTest{
		{"killed", "exits", round(2, killed), record.Fail, "10s after SIGTERM, and had to be killed"},
		{"still there", "exits", round(2, func(r *record.Round) { r.Exited = -1 }), record.Fail, "10s after SIGTERM"},
		{"stays after an upgrade", "exits", mode(record.Upgrade, round(2, stays)), record.Pass, ""},
		{"neither ends nor replaces itself", "exits", mode(record.Upgrade, func(run *record.Run) {
			run.Setup.PID = 9
			run.Rounds[1].Exited = -1
		}), record.Fail, "10s after SIGTERM"},
		{"killed after an upgrade", "exits", mode(record.Upgrade, round(2, killed)), record.Fail, ""},
		{"unasked", "exits", round(2, func(r *record.Round) { r.Signalled = -1; r.Exit.Code = 2 }), record.Fail, "exit code was 2"},
		{"before the signal", "exits", round(2, func(r *record.Round) { r.Exited = 40 * ms }), record.Fail, "before it was asked"},
		{"stops at HUP", "exits", of(record.HUP, func(r *record.Round) { r.Signalled = -1 }), record.Pass, ""},
		{"never asked", "exits", every(func(r *record.Round) { r.Signalled, r.Exited = -1, -1 }), record.Inconclusive, ""},

		{"budget", "exits-in-time", nothing, record.Pass, "the longest took 120ms, which is 1.2 % of the 10s"},
		{"at its end", "exits-in-time", round(2, func(r *record.Round) { r.Exited = 10050 * ms }), record.Pass, "100 %"},
		{"too long", "exits-in-time", round(2, func(r *record.Round) { r.Exited = 10051 * ms }), record.Fail, "it took 10s to end"},
		{"killed", "exits-in-time", round(2, killed), record.Fail, "had not ended after 10s"},
		{"no grace", "exits-in-time", setup(func(s *record.Setup) { s.Grace = 0 }), record.Fail, ""},
		{"stays", "live-throughout", mode(record.Upgrade, every(stays)), record.NotTried, ""},
		{"stays", "exits-in-time", mode(record.Upgrade, every(stays)), record.NotTried, ""},

		{"wrong", "exit-code", round(2, exit(1, "")), record.Fail, "its exit code was 1; allowed is 0"},
		{"no code is 0", "exit-code", setup(func(s *record.Setup) { s.Codes = nil }), record.Pass, ""},
		{"allowed", "exit-code", func(run *record.Run) { run.Setup.Codes = []int{0, 3}; run.Rounds[1].Exit.Code = 3 }, record.Pass, "0 or 3"},
		{"0 is not", "exit-code", setup(func(s *record.Setup) { s.Codes = []int{3} }), record.Fail, "allowed is 3"},
		{"died of it", "exit-code", round(2, exit(-1, "SIGTERM")), record.Fail, "ended by SIGTERM"},
		{"says 143", "exit-code", round(2, exit(143, "")), record.Fail, "143"},
		{"143 is allowed", "exit-code", func(run *record.Run) {
			run.Setup.Codes = []int{143}
			every(exit(-1, "SIGTERM"))(run)
			run.Rounds[1].Exit = record.Exit{Code: 143}
		}, record.Pass, ""},
		{"died of it at start", "exit-code", of(record.AtStart, exit(-1, "SIGTERM")), record.Pass, ""},
		{"says 143 at start", "exit-code", of(record.AtStart, exit(143, "")), record.Pass, ""},
		{"crashed at start", "exit-code", of(record.AtStart, exit(-1, "SIGSEGV")), record.Fail, "SIGSEGV"},
		{"1 at start", "exit-code", of(record.AtStart, exit(1, "")), record.Fail, ""},
		{"unclean when forced", "exit-code", of(record.Twice, exit(124, "")), record.Pass, ""},
		{"killed by the second", "exit-code", of(record.TermInt, func(r *record.Round) {
			exit(-1, "SIGINT")(r)
			r.Schedule.Signals = append(r.Schedule.Signals, record.SignalAt{Signal: "SIGINT"})
		}), record.Pass, ""},
		{"unclean as a client never reads", "exit-code", of(record.NeverReads, exit(3, "")), record.Pass, ""},
		{"died as a client never reads", "exit-code", of(record.NeverReads, exit(-1, "SIGTERM")), record.Fail, "SIGTERM"},
		{"crashed when forced", "exit-code", of(record.TermInt, exit(-1, "SIGABRT")), record.Fail, "SIGABRT"},
		{"unknown signal", "exit-code", of(record.AtStart, exit(-1, "SIGODD")), record.Fail, "SIGODD"},
		{"nobody tells", "exit-code", round(2, func(r *record.Round) { r.Exit = record.Exit{Code: -1, Unknown: true} }), record.Inconclusive, "1 stop"},
		{"nobody tells, and a wrong one", "exit-code", func(run *record.Run) {
			run.Rounds[1].Exit.Unknown = true
			run.Rounds[2].Exit.Code = 1
		}, record.Fail, "its exit code was 1"},
		{"nobody tells of another's", "exit-code", func(run *record.Run) {
			run.Setup.PID = 9
			every(func(r *record.Round) { r.Exit = record.Exit{Code: -1, Unknown: true} })(run)
		}, record.NotTried, ""},
		{"never ended", "exit-code", every(killed), record.Inconclusive, ""},
	}
}

func leftTests() []ruleTest {
	var tests []ruleTest
	for _, tt := range []struct {
		id   string
		kind record.LeftoverKind
	}{
		{"no-process-left", record.LeftProcess},
		{"no-zombie-left", record.LeftZombie},
		{"no-socket-left", record.LeftSocket},
		{"no-socket-left", record.LeftUnix},
		{"no-file-left", record.LeftFile},
	} {
		tests = append(
			tests,
			ruleTest{"a " + string(tt.kind), tt.id, round(2, left(tt.kind)), record.Fail, "that thing"},
			ruleTest{"not a " + string(tt.kind), tt.id, round(2, left("odd")), record.Pass, "in 30 stops"},
			ruleTest{"killed with a " + string(tt.kind), tt.id, round(2, func(r *record.Round) { left(tt.kind)(r); killed(r) }), record.Pass, "in 29 stops"},
			ruleTest{"attached, with a " + string(tt.kind), tt.id, func(run *record.Run) { run.Setup.PID = 9; left(tt.kind)(&run.Rounds[1]) }, record.Fail, ""},
		)
	}
	return append(
		tests,
		ruleTest{"attached", "no-file-left", setup(func(s *record.Setup) { s.Unit = "x.service" }), record.NotTried, ""},
		ruleTest{"never ended", "no-file-left", every(killed), record.Inconclusive, ""},
		ruleTest{"a file when forced", "no-file-left", of(record.Twice, left(record.LeftFile)), record.Pass, ""},
		ruleTest{"a process when forced", "no-process-left", of(record.Twice, left(record.LeftProcess)), record.Fail, ""},

		ruleTest{"all there", "writes-survive", nothing, record.Pass, "all 580 acknowledged writes"},
		ruleTest{"gone", "writes-survive", round(2, func(r *record.Round) { r.Writes.Missing = []string{"q-17"} }), record.Fail, "q-17 was acknowledged and is gone"},
		ruleTest{"there though refused", "writes-survive", round(2, func(r *record.Round) { r.Writes.Appeared = []string{"q-18"} }), record.Fail, "q-18 was refused and is there"},
		ruleTest{"unread", "writes-survive", round(2, func(r *record.Round) { r.Writes.Unread = 1 }), record.Inconclusive, "1 acknowledged write could not"},
		ruleTest{"unread and gone", "writes-survive", round(2, func(r *record.Round) { r.Writes.Unread = 1; r.Writes.Missing = []string{"x"} }), record.Fail, ""},
		ruleTest{"one round not read back", "writes-survive", round(2, func(r *record.Round) { r.Writes = nil }), record.Inconclusive, "in 1 round"},
		ruleTest{"nothing written in a round", "writes-survive", round(2, func(r *record.Round) { r.Writes, r.Loads = nil, r.Loads[:7] }), record.Pass, ""},
		ruleTest{"none", "writes-survive", every(func(r *record.Round) { r.Writes, r.Loads = nil, nil }), record.Inconclusive, "no write"},
		ruleTest{"not set up", "writes-survive", func(run *record.Run) {
			run.Setup.Writes = false
			every(func(r *record.Round) { r.Writes = nil })(run)
		}, record.NotTried, ""},
		ruleTest{"not set up, and gone", "writes-survive", func(run *record.Run) {
			run.Setup.Writes = false
			run.Rounds[1].Writes.Missing = []string{"x"}
		}, record.Fail, ""},
	)
}

func situationTests() []ruleTest {
	var tests []ruleTest
	for _, s := range situations {
		tests = append(
			tests,
			ruleTest{"good", s.id, nothing, record.Pass, "in 1 stop"},
			ruleTest{"bad fate", s.id, of(s.situation, func(r *record.Round) {
				r.Fates = append(r.Fates, record.Fate{What: "half a thing", Outcome: "eof_no_response", At: 60 * ms, Detail: "after 3 bytes"})
			}), record.Fail, "half a thing: eof_no_response (after 3 bytes)"},
			ruleTest{"hangs", s.id, of(s.situation, killed), record.Fail, "had not ended"},
			ruleTest{"too long", s.id, of(s.situation, func(r *record.Round) { r.Exited = time.Minute }), record.Fail, "1m0s"},
			ruleTest{"not asked for", s.id, func(run *record.Run) {
				run.Setup.Situations = nil
				plainInstead(s.situation)(run)
			}, record.NotTried, "not asked for"},
			ruleTest{"asked for, not made", s.id, plainInstead(s.situation), record.Inconclusive, "no round"},
			ruleTest{"skipped", s.id, func(run *record.Run) {
				run.Setup.Situations = nil
				run.Skipped = []record.Skip{{What: string(s.situation), Why: "no shell here"}}
				plainInstead(s.situation)(run)
			}, record.Inconclusive, "no shell here"},
			ruleTest{"another is skipped", s.id, func(run *record.Run) {
				run.Skipped = []record.Skip{{What: "grpc", Why: "no such method"}}
				plainInstead(s.situation)(run)
			}, record.Inconclusive, "No round was made of it."},
			ruleTest{"skipped, not asked for", s.id, func(run *record.Run) {
				run.Setup.Situations = slices.DeleteFunc(slices.Clone(allSituations), func(of record.Situation) bool { return of == s.situation })
				run.Skipped = []record.Skip{{What: string(s.situation), Why: "no shell here"}}
				plainInstead(s.situation)(run)
			}, record.NotTried, "It cannot be tried: no shell here."},
			ruleTest{"could not be made", s.id, of(s.situation, func(r *record.Round) { r.Problem = "no" }), record.Inconclusive, "no round"},
		)
		if s.situation != record.AtStart {
			tests = append(tests, ruleTest{"lost", s.id, of(s.situation, lost(0, "timeout")), record.Fail, "1 request was lost"})
		}
		if s.fates {
			tests = append(tests, ruleTest{"no fate", s.id, of(s.situation, func(r *record.Round) { r.Fates = nil }), record.Inconclusive, "nothing is known"})
		}
	}
	return append(
		tests,
		ruleTest{"killed by it", "survives-hup", of(record.HUP, func(r *record.Round) { exit(-1, "SIGHUP")(r); r.Signalled = -1 }), record.Fail, "SIGHUP killed it"},
		ruleTest{"half of it stops", "at-start", of(record.AtStart, left(record.LeftProcess)), record.Fail, "it left that thing"},
		ruleTest{"the shell stops", "behind-shell", of(record.Shell, left(record.LeftSocket)), record.Fail, "it left that thing"},
		ruleTest{"half of it stops", "process-group", of(record.Group, left(record.LeftZombie)), record.Fail, "it left that thing"},
		ruleTest{"a file", "behind-shell", of(record.Shell, left(record.LeftFile)), record.Pass, ""},
		ruleTest{"a process", "half-open", of(record.HalfOpen, left(record.LeftProcess)), record.Pass, ""},
		ruleTest{"says 129", "survives-hup", of(record.HUP, exit(129, "")), record.Fail, "SIGHUP killed it"},
		ruleTest{"stops by it", "survives-hup", of(record.HUP, func(r *record.Round) { r.Signalled = -1 }), record.Pass, ""},
		ruleTest{"killed by it", "survives-usr1", of(record.USR1, func(r *record.Round) { exit(-1, "SIGUSR1")(r); r.Signalled = -1 }), record.Fail, "SIGUSR1 killed it"},
	)
}

// plainInstead has a plain round in the place of that of the situation.
func plainInstead(s record.Situation) func(*record.Run) {
	return func(run *record.Run) {
		of(s, func(r *record.Round) { *r = goodRound(&run.Setup, r.Number, record.Plain) })(run)
	}
}

func evidenceTests() []ruleTest {
	load := func(f func(l *record.Load)) func(*record.Run) {
		return round(2, func(r *record.Round) { f(&r.Loads[0]) })
	}
	server := func(f func(s *record.ServerCount)) func(*record.Run) {
		return round(2, func(r *record.Round) { f(r.Server) })
	}
	return []ruleTest{
		{"all", "accounted", nothing, record.Pass, "own count agrees in 29 rounds"},
		{"one sent more", "accounted", load(func(l *record.Load) { l.Sent++ }), record.Inconclusive, "round 2, keepalive: 41 sent, 17 of them around the stop, and 40 of 43 had a connection"},
		{"one sent less", "accounted", load(func(l *record.Load) { l.Sent-- }), record.Inconclusive, "39 sent"},
		{"lost", "accounted", load(func(l *record.Load) { l.Lost++ }), record.Inconclusive, "1 lost by one count, 0 by another"},
		{"listed", "accounted", round(2, func(r *record.Round) { r.Lost = []record.Lost{{Load: "keepalive", Outcome: "timeout", Ended: 60 * ms}} }), record.Inconclusive, ""},
		{"of no load", "accounted", round(2, func(r *record.Round) { r.Lost = []record.Lost{{Load: "odd", Outcome: "timeout", Ended: 60 * ms}} }), record.Inconclusive, `"odd"`},
		{"answered", "accounted", load(func(l *record.Load) { l.Answered-- }), record.Inconclusive, "answered by one count"},
		{"safe", "accounted", load(func(l *record.Load) { l.Safe++ }), record.Inconclusive, "safe to retry by one count"},
		{"window", "accounted", load(func(l *record.Load) { l.Window = 41 }), record.Inconclusive, "41 of them around the stop"},
		{"all of them around the stop", "accounted", load(func(l *record.Load) { l.Window = 40 }), record.Pass, ""},
		{"three loads", "accounted", round(2, func(r *record.Round) {
			for i := range 3 {
				r.Loads[i].Sent++
			}
		}), record.Inconclusive, "; round 2, h2: 41 sent, 17 of them around the stop, and 40 of 43 had a connection."},
		{"four loads", "accounted", round(2, func(r *record.Round) {
			for i := range 4 {
				r.Loads[i].Sent++
			}
		}), record.Inconclusive, "had a connection; and 1 more."},
		{"refused", "accounted", load(func(l *record.Load) { l.Refused-- }), record.Inconclusive, "2 safe to retry by one count, 3 by another"},
		{"given up unsent", "accounted", load(func(l *record.Load) { l.Outcomes["abandoned"] = 2 }), record.Pass, ""},
		{"given up and lost", "accounted", load(func(l *record.Load) { l.Outcomes["abandoned"], l.Lost, l.Sent = 2, 1, 41 }), record.Pass, ""},
		{"more lost than given up", "accounted", load(func(l *record.Load) { l.Outcomes["abandoned"], l.Lost, l.Sent = 2, 3, 43 }), record.Inconclusive, "3 lost by one count"},
		{"a negative number", "accounted", load(func(l *record.Load) { l.Outcomes["timeout"], l.Outcomes["rpc_status"] = 1, -1 }), record.Inconclusive, "-1 rpc_status"},
		{"unknown outcome", "accounted", load(func(l *record.Load) { l.Outcomes["odd"]++ }), record.Inconclusive, `"odd" is no outcome`},
		{"server began more", "accounted", server(func(s *record.ServerCount) { s.Began++ }), record.Inconclusive, "has begun 321"},
		{"server began less", "accounted", server(func(s *record.ServerCount) { s.Began, s.Finished = 319, 319 }), record.Inconclusive, ""},
		{"server finished more", "accounted", server(func(s *record.ServerCount) { s.Finished++ }), record.Inconclusive, ""},
		{"server does not count", "accounted", every(func(r *record.Round) { r.Server = nil }), record.Pass, ""},
		{"lost, begun by the server or not", "accounted", round(2, func(r *record.Round) { lost(0, "timeout")(r); r.Server.Finished-- }), record.Pass, ""},
	}
}

func floorTests() []ruleTest {
	lag := func(p50, p99, most time.Duration) func(r *record.Round) {
		return func(r *record.Round) { r.Lag = record.Lag{P50: p50, P99: p99, Max: most} }
	}
	return []ruleTest{
		{"late a little, always", "on-time", every(lag(0, 10*ms, time.Second)), record.Pass, "at most 1 %"},
		{"late in one round", "on-time", round(2, lag(0, 11*ms, time.Second)), record.Inconclusive, "up to 1.7 %"},
		{"very late in one round", "on-time", round(2, lag(11*ms, 11*ms, time.Second)), record.Inconclusive, "up to 3.4 %"},
		{"late in one of many", "on-time", func(run *record.Run) {
			for n := range 100 {
				run.Rounds = append(run.Rounds, goodRound(&run.Setup, len(run.Rounds)+1, record.Plain))
				_ = n
			}
			run.Rounds[1].Lag.P99 = 11 * ms
		}, record.Pass, "at most 0.39 %"},
		{"always late", "on-time", every(lag(0, 11*ms, 20*ms)), record.Inconclusive, "too busy"},
		{"late by count", "on-time", round(2, func(r *record.Round) { r.Lag = record.Lag{P99: 1, N: 320, Late: 100} }), record.Inconclusive, "up to 1.1 %"},
		{"not late by count", "on-time", round(2, func(r *record.Round) { r.Lag = record.Lag{P50: 20 * ms, P99: 20 * ms, N: 320, Late: 90} }), record.Pass, "at most 0.97 %"},
		{"nothing sent", "on-time", every(func(r *record.Round) { r.Loads = nil }), record.Inconclusive, ""},

		{"floor", "enough", nothing, record.Pass, "10 and 100 are needed"},
		{"stops", "enough", setup(func(s *record.Setup) { s.MinStops = 30 }), record.Inconclusive, "29 stops were made"},
		{"just as many", "enough", setup(func(s *record.Setup) { s.MinStops, s.MinSent = 29, 3944 }), record.Pass, ""},
		{"requests", "enough", setup(func(s *record.Setup) { s.MinSent = 3945 }), record.Inconclusive, "3,944 requests were around stops"},
		{"no floor, no stop", "enough", func(run *record.Run) { run.Rounds, run.Setup.MinStops, run.Setup.MinSent = nil, 0, 0 }, record.Inconclusive, "1 is needed"},
		{"interrupted", "enough", func(run *record.Run) { run.Interrupted = "SIGINT" }, record.Inconclusive, "interrupted: SIGINT"},
		{"skipped", "enough", func(run *record.Run) { run.Skipped = []record.Skip{{What: "grpc", Why: "no such method"}} }, record.Inconclusive, "no such method"},
		{"skipped, not asked for", "enough", func(run *record.Run) {
			run.Setup.Situations = allSituations[1:]
			run.Skipped = []record.Skip{{What: "start", Why: "it runs already"}}
			plainInstead(record.AtStart)(run)
		}, record.Pass, ""},
		{"skipped and switched off", "enough", func(run *record.Run) {
			run.Setup.Skip = []string{"at-start"}
			run.Skipped = []record.Skip{{What: "start", Why: "it runs already"}}
		}, record.Pass, ""},
		{"a round not made", "enough", round(2, func(r *record.Round) { r.Problem = "never ready" }), record.Inconclusive, "1 round could not be made (round 2: never ready)"},
		{"a round without a stop", "enough", round(2, func(r *record.Round) { r.Signalled, r.Exited = -1, -1 }), record.Inconclusive, "never asked to stop"},
		{"a round missing", "enough", func(run *record.Run) { run.Rounds = append(run.Rounds[:4:4], run.Rounds[5:]...) }, record.Inconclusive, "round 5 is missing"},
		{"fewer than asked", "enough", setup(func(s *record.Setup) { s.Rounds = 31 }), record.Inconclusive, "30 of 31 rounds were made"},
		{"as many as asked", "enough", setup(func(s *record.Setup) { s.Rounds = 30 }), record.Pass, ""},
		{"a HUP that stops it", "enough", of(record.HUP, func(r *record.Round) { r.Signalled = -1 }), record.Pass, ""},
	}
}
