// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
)

// An arrival of the exhaustive test: a signal and how long after the one before.
type arrival struct {
	sig os.Signal
	gap time.Duration
}

// TestEscalationAgreesWithModel compares the ladder with a second opinion on
// every sequence of five arrivals.
func TestEscalationAgreesWithModel(t *testing.T) {
	var alphabet []arrival
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		for _, gap := range []time.Duration{0, CoalesceWindow/2 + 1, CoalesceWindow - 1, CoalesceWindow} {
			alphabet = append(alphabet, arrival{sig, gap})
		}
	}
	const length = 5
	for _, p := range []Policy{Interactive(), Orchestrated(), {Name: "once", Signals: Interactive().Signals}} {
		t.Run(p.Name, func(t *testing.T) {
			seq := make([]arrival, length)
			tried := 0
			var try func(n int)
			try = func(n int) {
				if n < length {
					for _, seq[n] = range alphabet {
						try(n + 1)
					}
					return
				}
				tried++
				if got, want := climb(p, seq), model(p, seq); !slices.Equal(got, want) {
					t.Fatalf("%v:\n got %v\nwant %v", seq, got, want)
				}
			}
			try(0)
			if want := 1 << 15; tried != want {
				t.Errorf("tried %d sequences, want %d", tried, want)
			}
		})
	}
}

func climb(p Policy, seq []arrival) []string {
	l, now, out := newLadder(p), time.Unix(1, 0), make([]string, 0, len(seq))
	for _, a := range seq {
		now = now.Add(a.gap)
		if step, coalesced := l.judge(a.sig, now); coalesced {
			out = append(out, "coalesced")
		} else {
			out = append(out, step.String())
		}
	}
	return out
}

// model has no state but its own earlier answers: it decides about each arrival
// by looking back over them.
func model(p Policy, seq []arrival) []string {
	out := make([]string, 0, len(seq))
	for i, a := range seq {
		answer, since := "", time.Duration(0)
		for j := i - 1; j >= 0 && answer == ""; j-- {
			since += seq[j+1].gap
			if seq[j].sig == a.sig && out[j] != "coalesced" && since < CoalesceWindow {
				answer = "coalesced"
			}
		}
		if answer == "" {
			answer = nextRung(p, a.sig, out)
		}
		out = append(out, answer)
	}
	return out
}

func nextRung(p Policy, sig os.Signal, sofar []string) string {
	switch {
	case !slices.Contains(sofar, "graceful"):
		return "graceful"
	case !slices.Contains(p.Repeats, sig):
		return "recorded"
	case !slices.Contains(sofar, "hurried"):
		return "hurried"
	case !slices.Contains(sofar, "forced"):
		return "forced"
	}
	return "recorded"
}

func TestPolicies(t *testing.T) {
	const window = CoalesceWindow
	term, interrupt := syscall.SIGTERM, os.Interrupt
	for _, tc := range []struct {
		name string
		p    Policy
		seq  []arrival
		want []Step
	}{
		{"a terminal climbs", Interactive(), []arrival{{interrupt, 0}, {interrupt, window}, {interrupt, window}, {interrupt, window}}, []Step{Graceful, Hurried, Forced, Recorded}},
		{"kinds mix at once", Interactive(), []arrival{{term, 0}, {interrupt, 0}}, []Step{Graceful, Hurried}},
		{"preStop, then kubelet", Orchestrated(), []arrival{{term, 0}, {term, time.Minute}}, []Step{Graceful, Recorded}},
		{"a person at a pod", Orchestrated(), []arrival{{term, 0}, {interrupt, 0}, {term, window}, {interrupt, 0}}, []Step{Graceful, Hurried, Recorded, Forced}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var want []string
			for _, s := range tc.want {
				want = append(want, s.String())
			}
			if got := climb(tc.p, tc.seq); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestEscalateRefuses(t *testing.T) {
	told := func(Delivery, Step) {}
	none := func(*Mux) {}
	for _, tc := range []struct {
		name   string
		before func(*Mux)
		p      Policy
		f      func(Delivery, Step)
		want   string
	}{
		{"no function", none, Interactive(), nil, `sigmux: escalate by policy "interactive": no function to call`},
		{"no signals", none, Policy{Name: "p"}, told, `sigmux: escalate by policy "p": no signals`},
		{"nil signal", none, Policy{Name: "p", Signals: []os.Signal{nil}}, told, `sigmux: escalate by policy "p": no signal: no signal`},
		{"SIGKILL", none, Policy{Name: "p", Signals: []os.Signal{syscall.SIGKILL}}, told, `sigmux: escalate by policy "p": SIGKILL: no program can take it`},
		{"twice", none, Policy{Name: "p", Signals: []os.Signal{os.Interrupt, os.Interrupt}}, told, `sigmux: escalate by policy "p": SIGINT is named twice`},
		{"foreign repeat", none, Policy{Name: "p", Signals: []os.Signal{os.Interrupt}, Repeats: []os.Signal{syscall.SIGTERM}}, told, `sigmux: escalate by policy "p": SIGTERM repeats but does not terminate`},
		{"second policy", func(m *Mux) { _ = m.Escalate(Interactive(), told) }, Orchestrated(), told, `sigmux: escalate by policy "orchestrated": policy "interactive" is in force`},
		{"closed", (*Mux).Close, Interactive(), told, `sigmux: escalate by policy "interactive": mux closed`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := New(NewFake())
			tc.before(m)
			if err := m.Escalate(tc.p, tc.f); fmt.Sprint(err) != tc.want {
				t.Errorf("Escalate = %v\nwant %s", err, tc.want)
			}
		})
	}
}
