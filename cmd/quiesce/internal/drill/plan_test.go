// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// usual returns a configuration that is right.
func usual() Config {
	c := Config{
		Setup: record.Setup{Command: []string{"./server", "-addr", "127.0.0.1:{port}"}, Seed: 7, Rounds: 200},
		Loads: []LoadConfig{{LoadSetup: record.LoadSetup{URL: "http://127.0.0.1:{port}/"}}},
	}
	c.SetDefaults()
	return c
}

func allSituations() []record.Situation { return record.Situations()[1:] }

func TestPlanTriesEachSituation(t *testing.T) {
	c := usual()
	c.Situations = allSituations()
	count := map[record.Situation]int{}
	for i, s := range c.Plan() {
		count[s.Situation]++
		if i == 2*len(c.Situations)-1 && len(count) != len(c.Situations)+1 {
			t.Errorf("after %d rounds: %v, want each situation once", i+1, count)
		}
	}
	if plain := count[record.Plain]; plain < 150 || plain > 180 {
		t.Errorf("%d of 200 rounds are plain, want about four of five", plain)
	}
	for _, s := range c.Situations {
		if count[s] < 2 || count[s] > 4 {
			t.Errorf("%s %d times, want 2 to 4: %v", s, count[s], count)
		}
	}
}

func TestPlanIsTheSeeds(t *testing.T) {
	c := usual()
	c.Situations = allSituations()
	first := c.Plan()
	if again := c.Plan(); !reflect.DeepEqual(first, again) {
		t.Error("the same seed made another plan")
	}
	c.Setup.Seed++
	if other := c.Plan(); reflect.DeepEqual(first, other) {
		t.Error("another seed made the same plan")
	}
}

// What is printed for a round can be given to --replay.
func TestPlanReplays(t *testing.T) {
	c := usual()
	c.Situations = allSituations()
	for i, s := range c.Plan() {
		again, err := record.ParseSchedule(s.String())
		again.Seed = s.Seed
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Errorf("round %d: %+v, read back %+v, %v", i, s, again, err)
		}
		replay := c
		replay.Replay, replay.Setup.Rounds = &s, 2
		if plan := replay.Plan(); !reflect.DeepEqual(plan, []record.Schedule{s, s}) {
			t.Errorf("round %d: replayed as %+v, want %+v", i, plan, s)
		}
	}
}

func TestPlanSignals(t *testing.T) {
	const ms = time.Millisecond
	c := usual()
	c.Situations = allSituations()
	c.Setup.Delay = time.Second
	names := map[record.Situation][]string{
		record.Plain: {"SIGTERM"}, record.AtStart: {"SIGTERM"}, record.Twice: {"SIGTERM", "SIGTERM"},
		record.TermInt: {"SIGTERM", "SIGINT"}, record.HUP: {"SIGHUP", "SIGTERM"}, record.USR1: {"SIGUSR1", "SIGTERM"},
		record.StopCont: {"SIGSTOP", "SIGCONT", "SIGTERM", "SIGSTOP", "SIGCONT"},
	}
	early, late := false, false
	for _, s := range c.Plan() {
		var got []string
		for _, at := range s.Signals {
			got = append(got, at.Signal)
			if at.Group != (s.Situation == record.Group) {
				t.Errorf("%s: %s to the group: %v", s.Situation, at.Signal, at.Group)
			}
		}
		want := names[s.Situation]
		if want == nil {
			want = names[record.Plain]
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: signals %v, want %v", s.Situation, got, want)
		}
		if first := s.Signals[0].After; s.Situation == record.Plain {
			if first < 5*ms || first > 60*ms || first != s.Window {
				t.Errorf("plain: %v after the first answers, window %v; want 5ms to 60ms", first, s.Window)
			}
			early, late = early || first < 15*ms, late || first > 50*ms
		}
		if s.Situation == record.Twice && s.Signals[1].After < c.Setup.Delay+again {
			t.Errorf("the second signal comes %v after the first", s.Signals[1].After)
		}
	}
	if !early || !late {
		t.Error("the signals are not spread over the time that they may have")
	}
}

// A signal at start is to find the server starting, however long that takes.
func TestPlanSignalsWithinTheStart(t *testing.T) {
	const start = 8 * time.Millisecond
	c := usual()
	c.Situations = []record.Situation{record.AtStart}
	early, late, n := 0, 0, 0
	for i := 1; i < 2000; i++ {
		s := c.schedule(i, start)
		if s.Situation != record.AtStart {
			continue
		}
		n++
		switch after := s.Signals[0].After; {
		case after <= 0 || after > start*5/4:
			t.Errorf("a signal %v after the start of a server that takes %v", after, start)
		case after < start/10:
			early++
		case after > start/2:
			late++
		}
	}
	if n < 100 || early < n/4 || late < n/10 {
		t.Errorf("of %d signals %d came in the first tenth of the start, %d in the second half or just after", n, early, late)
	}
}

func TestPlanLeavesOutWhatCannotBe(t *testing.T) {
	c := usual()
	c.Situations = allSituations()
	c.Setup.Mode = record.Rolling
	for _, s := range c.Plan() {
		if s.Situation != record.Plain {
			t.Errorf("rolling: %s", s)
		}
	}
	c.Setup.Mode, c.Setup.Command, c.Setup.PID = record.Restart, nil, 4711
	for _, s := range c.Plan() {
		if s.Situation == record.AtStart || s.Situation == record.Shell || s.Situation == record.Group {
			t.Errorf("attached: %s", s)
		}
	}
}
