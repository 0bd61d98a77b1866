// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

func requestTests() []ruleTest {
	tests := []ruleTest{
		{"own check", "requests-keepalive", round(2, lost(1, "timeout")), record.Pass, ""},
		{"writes too", "requests-keepalive", round(2, lost(7, "timeout")), record.Fail, "write: timeout"},
		{"before the signal", "requests-keepalive", round(2, func(r *record.Round) { lose(r, 0, "timeout", 20*ms) }), record.Fail, "all of them before SIGTERM"},
		{"in a situation", "requests-keepalive", of(record.Group, lost(0, "timeout")), record.Fail, "timeout"},
		{"beside another's", "requests-keepalive", round(2, func(r *record.Round) { lost(1, "rpc_status")(r); lost(0, "timeout")(r) }), record.Fail, "keepalive: timeout, sent"},
		{"only counted", "requests-keepalive", round(2, func(r *record.Round) { lost(0, "timeout")(r); r.Lost = nil }), record.Fail, "1 request was lost: 1 timeout"},
		{"only listed", "requests-keepalive", round(2, func(r *record.Round) {
			r.Lost = []record.Lost{{Load: "keepalive", Outcome: "timeout", Ended: 60 * ms}}
		}), record.Fail, "timeout"},
		{"of no load", "requests-keepalive", round(2, func(r *record.Round) { r.Lost = []record.Lost{{Load: "odd", Outcome: "timeout", Ended: 60 * ms}} }), record.Fail, "odd"},
		{"safe ones", "requests-keepalive", every(func(r *record.Round) {
			if r.Loads != nil {
				outcome("reset_before_write", 3)(r)
				outcome("http_refused", 2)(r)
				outcome("goaway_retryable", 2)(r)
			}
		}), record.Pass, "None of"},
		{"listed, but not lost", "requests-keepalive", round(2, func(r *record.Round) { r.Lost = []record.Lost{{Load: "keepalive", Outcome: "dns"}} }), record.Pass, ""},
		{"client's fault", "requests-keepalive", round(2, outcome("client_limit", 2)), record.Inconclusive, "2 client_limit"},
		{"name's fault", "requests-keepalive", round(2, outcome("dns", 1)), record.Inconclusive, "1 dns"},
		{"client's fault and lost", "requests-keepalive", round(2, func(r *record.Round) { outcome("client_limit", 2)(r); lost(0, "timeout")(r) }), record.Fail, "timeout"},
		{"given up", "requests-keepalive", round(2, func(r *record.Round) {
			r.Loads[0].Outcomes["abandoned"]++
			r.Loads[0].Lost++
			r.Loads[0].Sent++
			r.Lost = []record.Lost{{Load: "keepalive", Outcome: "abandoned", Sent: 60 * ms, Ended: time.Second}}
		}), record.Fail, "abandoned, sent 10ms after SIGTERM"},
		{"given up unsent", "requests-keepalive", round(2, func(r *record.Round) { r.Loads[0].Outcomes["abandoned"]++ }), record.Pass, ""},
		{"none around a stop", "requests-grpc", every(func(r *record.Round) {
			for i := range r.Loads {
				r.Loads[i].Window = 0
			}
		}), record.Inconclusive, "in flight"},
		{"nobody served", "requests-grpc", every(func(r *record.Round) {
			if r.Loads != nil {
				r.Loads[3].Answered = 0
			}
		}), record.Inconclusive, "in flight"},
		{"only refused", "requests-new", every(func(r *record.Round) {
			if r.Loads != nil {
				l := &r.Loads[1]
				l.Outcomes = map[string]int{"ok": 1, "refused": 42}
				l.Answered, l.Sent, l.Refused, l.Window = 1, 1, 42, 0
			}
		}), record.Inconclusive, "in flight"},
		{"not set up", "requests-h2", dropLoad("h2"), record.NotTried, ""},
		{"set up, not run", "requests-h2", every(func(r *record.Round) {
			if r.Loads != nil {
				r.Loads[2] = record.Load{Name: "h2"}
			}
		}), record.Inconclusive, ""},
		{"a round that says nothing", "requests-keepalive", round(2, func(r *record.Round) {
			lost(0, "timeout")(r)
			r.Problem = "interrupted"
		}), record.Pass, ""},
	}
	for i, id := range []string{"requests-keepalive", "requests-new", "requests-h2", "requests-grpc", "requests-ws", "requests-sse", "requests-tcp"} {
		for _, o := range []string{"http_error", "reset_after_write", "eof_no_response", "truncated_body", "timeout", "goaway_lost", "rpc_status", "ws_abnormal"} {
			tests = append(tests, ruleTest{o, id, round(2, lost(i, o)), record.Fail, o})
		}
		tests = append(tests, ruleTest{"none", id, nothing, record.Pass, "none of"})
	}
	return tests
}

func servedTests() []ruleTest {
	return []ruleTest{
		{"rolling", "served-throughout", mode(record.Rolling, nothing), record.Pass, "29 hand-overs"},
		{"upgrade", "served-throughout", mode(record.Upgrade, nothing), record.Pass, ""},
		{"refused", "served-throughout", mode(record.Rolling, round(2, outcome("refused", 1))), record.Fail, "1 request was refused and 0 lost"},
		{"refused with 503", "served-throughout", mode(record.Upgrade, round(2, outcome("http_refused", 2))), record.Fail, "2 requests were refused"},
		{"refused in TLS", "served-throughout", mode(record.Rolling, round(2, outcome("tls", 1))), record.Fail, ""},
		{"refused, counted apart", "served-throughout", mode(record.Rolling, round(2, func(r *record.Round) { r.Loads[0].Refused = 1 })), record.Fail, ""},
		{"lost", "served-throughout", mode(record.Rolling, round(2, lost(0, "timeout"))), record.Fail, "1 lost"},
		{"refused, turned in time", "served-throughout", mode(record.Rolling, round(2, func(r *record.Round) { turned(150 * ms)(r); outcome("refused", 1)(r) })), record.Fail, "1 request was refused"},
		{"refused, turned late", "served-throughout", mode(record.Rolling, round(2, func(r *record.Round) { turned(190 * ms)(r); outcome("refused", 9)(r) })), record.Inconclusive, "the drill turned its clients 40ms after the readiness delay was over"},
		{"closed early, turned late", "served-throughout", mode(record.Rolling, round(2, func(r *record.Round) { turned(190 * ms)(r); closed(140 * ms)(r); outcome("refused", 1)(r) })), record.Fail, "1 request was refused"},
		{"turned late, none refused", "served-throughout", mode(record.Rolling, round(2, turned(190*ms))), record.Pass, ""},
		{"turned late, upgrade", "served-throughout", mode(record.Upgrade, round(2, func(r *record.Round) { turned(190 * ms)(r); outcome("refused", 1)(r) })), record.Fail, ""},
		{"turned late, no delay", "served-throughout", noDelay(mode(record.Rolling, round(2, func(r *record.Round) { turned(190 * ms)(r); outcome("refused", 1)(r) }))), record.Fail, ""},
		{"found closed", "served-throughout", mode(record.Rolling, round(2, outcome("reset_before_write", 1))), record.Pass, ""},
		{"no successor", "served-throughout", mode(record.Upgrade, round(2, func(r *record.Round) { r.Marks = r.Marks[:3] })), record.Fail, "no other instance"},
		{"no successor", "served-throughout", mode(record.Rolling, round(2, func(r *record.Round) { r.Marks = r.Marks[:3] })), record.Inconclusive, "no other instance"},
		{"no load", "served-throughout", mode(record.Rolling, every(func(r *record.Round) { r.Loads = nil })), record.Inconclusive, ""},
	}
}

func probeTests() []ruleTest {
	liveOff := func(at time.Duration, detail string) func(r *record.Round) {
		return func(r *record.Round) { r.Probes[4].At, r.Probes[4].Detail = at, detail }
	}
	noProbes := func(r *record.Round) { r.Probes, r.Marks = nil, nil }
	return []ruleTest{
		{"no URL", "readiness-first", setup(func(s *record.Setup) { s.Ready = "" }), record.NotTried, ""},
		{"upgrade", "readiness-first", mode(record.Upgrade, nothing), record.NotTried, "need not go off"},
		{"closed first", "readiness-first", round(2, closed(51*ms)), record.Fail, "1ms before readiness went off"},
		{"closed while it was on", "readiness-first", round(2, func(r *record.Round) { closed(60 * ms)(r); unreadySince(61*ms, 64*ms, "503")(r) }), record.Fail, "1ms before readiness went off"},
		{"closed about then", "readiness-first", round(2, func(r *record.Round) { closed(61 * ms)(r); unreadySince(60*ms, 64*ms, "503")(r) }), record.Inconclusive, "round 2"},
		{"closed when it was seen", "readiness-first", round(2, func(r *record.Round) { closed(64 * ms)(r); unreadySince(60*ms, 64*ms, "503")(r) }), record.Inconclusive, "too close together"},
		{"closed after it", "readiness-first", round(2, func(r *record.Round) { closed(65 * ms)(r); unreadySince(60*ms, 64*ms, "503")(r) }), record.Pass, ""},
		{"not closed", "readiness-first", round(2, func(r *record.Round) { r.Marks = r.Marks[:2] }), record.Pass, ""},
		{"refused instead", "readiness-first", round(2, unready(52*ms, "dial tcp 127.0.0.1:503: connection refused")), record.Fail, "never said no"},
		{"in words", "readiness-first", round(2, unready(52*ms, "status 503 Service Unavailable")), record.Pass, ""},
		{"mark only", "readiness-first", round(2, func(r *record.Round) { r.Probes = nil }), record.Pass, ""},
		{"never", "readiness-first", round(2, func(r *record.Round) { r.Probes, r.Marks = nil, r.Marks[2:] }), record.Fail, "not seen to go off"},
		{"hangs", "readiness-first", round(2, func(r *record.Round) { noProbes(r); killed(r) }), record.Fail, "not seen to go off"},
		{"off before the signal only", "readiness-first", round(2, unready(20*ms, "503")), record.Fail, "not seen to go off"},
		{"nothing known", "readiness-first", round(2, noProbes), record.Inconclusive, "round 2"},
		{"no stop", "readiness-first", every(func(r *record.Round) { r.Signalled = -1 }), record.Inconclusive, ""},
		{"hurried", "readiness-first", of(record.Twice, closed(51*ms)), record.Pass, ""},
		{"no delay, together", "readiness-first", noDelay(round(2, func(r *record.Round) { closed(51 * ms)(r); unready(56*ms, "refused")(r) })), record.Pass, "without a readiness delay"},
		{"no delay, closed first", "readiness-first", noDelay(round(2, func(r *record.Round) { closed(51 * ms)(r); unready(90*ms, "refused")(r) })), record.Fail, "39ms before"},

		{"no delay", "delay-served", noDelay(nothing), record.NotTried, ""},
		{"no URL", "delay-served", setup(func(s *record.Setup) { s.Ready = "" }), record.NotTried, ""},
		{"upgrade", "delay-served", mode(record.Upgrade, nothing), record.NotTried, ""},
		{"refused at once", "delay-served", round(2, closed(54*ms)), record.Fail, "2ms into"},
		{"refused early", "delay-served", round(2, closed(140*ms)), record.Fail, "88ms into"},
		{"at its end", "delay-served", round(2, closed(150*ms)), record.Pass, ""},
		{"seen late", "delay-served", round(2, func(r *record.Round) { unready(65*ms, "503")(r); closed(151 * ms)(r) }), record.Pass, ""},
		{"just before its end", "delay-served", round(2, closed(149*ms)), record.Fail, "97ms into"},
		{"on before the signal", "delay-served", round(2, func(r *record.Round) { unreadySince(45*ms, 95*ms, "503")(r); closed(151 * ms)(r) }), record.Pass, ""},
		{"on after the signal", "delay-served", round(2, func(r *record.Round) { unreadySince(90*ms, 95*ms, "503")(r); closed(160 * ms)(r) }), record.Fail, "70ms into"},
		{"seen too late", "delay-served", round(2, func(r *record.Round) { unready(95*ms, "503")(r); closed(160 * ms)(r) }), record.Fail, ""},
		{"a client refused", "delay-served", round(2, func(r *record.Round) { r.Loads[0].Buckets[0].From = 100 * ms }), record.Fail, "48ms into"},
		{"a probe refused", "delay-served", round(2, func(r *record.Round) { r.Probes[3].At = 100 * ms }), record.Fail, ""},
		{"not told", "delay-served", round(2, func(r *record.Round) { unready(60*ms, "refused")(r); closed(60 * ms)(r) }), record.Fail, "10ms into"},
		{"gone", "delay-served", round(2, func(r *record.Round) { r.Exited = 100 * ms; r.Marks = r.Marks[:2]; r.Probes = r.Probes[:3] }), record.Fail, ""},
		{"killed before its end", "delay-served", round(2, func(r *record.Round) {
			killed(r)
			r.Marks = append(r.Marks[:2:2], record.Mark{What: record.MarkKilled, At: 90 * ms})
			r.Probes = r.Probes[:3]
			closed := r.Loads
			for i := range closed {
				closed[i].Buckets = nil
			}
		}), record.Inconclusive, "1 round"},
		{"hurried", "delay-served", of(record.TermInt, closed(54*ms)), record.Pass, ""},

		{"no URL", "live-throughout", setup(func(s *record.Setup) { s.Live = "" }), record.NotTried, ""},
		{"says no", "live-throughout", round(2, liveOff(60*ms, "503")), record.Fail, "10ms after SIGTERM (503)"},
		{"says no late", "live-throughout", round(2, liveOff(165*ms, "503")), record.Fail, "503"},
		{"refused early", "live-throughout", round(2, liveOff(60*ms, "refused")), record.Fail, "refused"},
		{"refused at the end", "live-throughout", round(2, liveOff(145*ms, "refused")), record.Pass, ""},
		{"not on yet", "live-throughout", round(2, func(r *record.Round) {
			r.Probes = append([]record.Probe{{Which: "live", At: ms, Detail: "refused"}}, r.Probes...)
		}), record.Pass, ""},
		{"no stop", "live-throughout", every(func(r *record.Round) { r.Signalled = -1 }), record.Inconclusive, ""},

		{"refused", "refusals-clean", nothing, record.Pass, "requests were refused"},
		{"none", "refusals-clean", every(func(r *record.Round) {
			for i := range r.Loads {
				r.Loads[i].Outcomes, r.Loads[i].Refused = nil, 0
			}
		}), record.NotTried, ""},
		{"in the handshake", "refusals-clean", round(2, outcome("tls", 1)), record.Fail, "handshake"},
		{"taken and dropped", "refusals-clean", round(2, func(r *record.Round) { lost(0, "eof_no_response")(r); r.Lost[0].Fresh = true }), record.Fail, "eof_no_response"},
		{"a kept connection", "refusals-clean", round(2, lost(0, "eof_no_response")), record.Pass, ""},
		{"before the signal", "refusals-clean", round(2, func(r *record.Round) { lose(r, 0, "eof_no_response", 20*ms); r.Lost[0].Fresh = true }), record.Pass, ""},
		{"bare 503", "refusals-clean", round(2, func(r *record.Round) { lost(0, "http_error")(r); r.Lost[0].Status = 503 }), record.Fail, "status 503"},
		{"500", "refusals-clean", round(2, func(r *record.Round) { lost(0, "http_error")(r); r.Lost[0].Status = 500 }), record.Pass, ""},
	}
}
