// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
)

func begun(c string, h quiesce.HookKind, p quiesce.Phase) quiesce.Event {
	return quiesce.HookBegun{Component: c, Hook: h, Phase: p}
}

func ended(c string, h quiesce.HookKind, p quiesce.Phase) quiesce.Event {
	return quiesce.HookEnded{Component: c, Hook: h, Phase: p, Outcome: quiesce.OK}
}

// recorderOf returns a recorder with events of one instant.
func recorderOf(needs map[string][]string, events ...quiesce.Event) *Recorder {
	r := NewRecorder()
	r.needs = needs
	for i, e := range events {
		r.Handle(quiesce.Record{Seq: uint64(i + 1), At: time.Unix(0, 0), Event: e})
	}
	return r
}

// In every order in which independent hooks can be interleaved the log is the
// same, and keeps what is cause and effect.
func TestLogOfOneInstantIsTheSameInEveryInterleaving(t *testing.T) {
	needs := map[string][]string{"z": {"m"}, "m": {"a"}}
	chain := []quiesce.Event{
		begun("z", quiesce.HookDrain, quiesce.PhaseDrain), ended("z", quiesce.HookDrain, quiesce.PhaseDrain),
		begun("a", quiesce.HookDrain, quiesce.PhaseDrain), // two steps away: m has no Drain
		quiesce.HookCut{Component: "a", Hook: quiesce.HookDrain, Cause: errors.New("late")},
		ended("a", quiesce.HookDrain, quiesce.PhaseDrain),
	}
	other := []quiesce.Event{
		begun("k", quiesce.HookDrain, quiesce.PhaseDrain), ended("k", quiesce.HookDrain, quiesce.PhaseDrain),
	}
	want := strings.Join([]string{
		`drain begins`,
		`drain "k" begins`, `drain "k" ok after 0s`,
		`drain "z" begins`, `drain "z" ok after 0s`,
		`drain "a" begins`, `drain "a" cut: late`, `drain "a" ok after 0s`,
		`drain ended after 0s`, "",
	}, "\n")
	for range 200 {
		events := []quiesce.Event{quiesce.PhaseBegun{Phase: quiesce.PhaseDrain}}
		x, y := chain, other
		for len(x)+len(y) > 0 {
			if len(y) == 0 || len(x) > 0 && rand.IntN(2) == 0 {
				events, x = append(events, x[0]), x[1:]
			} else {
				events, y = append(events, y[0]), y[1:]
			}
		}
		events = append(events, quiesce.PhaseEnded{Phase: quiesce.PhaseDrain})
		got := strings.ReplaceAll(recorderOf(needs, events...).Log(), "+0s ", "")
		if got != want {
			t.Fatalf("log of %v:\n%s\nwant:\n%s", events, got, want)
		}
	}
}

func TestLogOfAnnounceIsByName(t *testing.T) {
	a := []quiesce.Event{begun("a", quiesce.HookAnnounce, quiesce.PhaseAnnounce), ended("a", quiesce.HookAnnounce, quiesce.PhaseAnnounce)}
	b := []quiesce.Event{begun("b", quiesce.HookAnnounce, quiesce.PhaseAnnounce), ended("b", quiesce.HookAnnounce, quiesce.PhaseAnnounce)}
	needs := map[string][]string{"a": {"b"}} // means nothing here: all are announced at once
	first := recorderOf(needs, append(a[:2:2], b...)...).Log()
	if second := recorderOf(needs, append(b[:2:2], a...)...).Log(); first != second {
		t.Errorf("logs differ:\n%s\n%s", first, second)
	}
}

func TestLogKeepsInstantsApart(t *testing.T) {
	r := NewRecorder()
	if got := r.Log(); got != "" {
		t.Errorf("the empty log is %q", got)
	}
	for i, name := range []string{"b", "a"} {
		at := time.Unix(0, int64(i)*1_500_000_400)
		r.Handle(quiesce.Record{At: at, Event: begun(name, quiesce.HookStop, quiesce.PhaseStop)})
	}
	if got, want := r.Log(), "+0s stop \"b\" begins\n+1.5s stop \"a\" begins\n"; got != want {
		t.Errorf("log %q, want %q", got, want)
	}
}
