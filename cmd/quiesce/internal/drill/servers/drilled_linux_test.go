// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/show"
)

// grace is more than what net/http gives to a client that says nothing (5 to 6.5 s), and
// less than the timeouts that others leave it to.
const grace = 7 * time.Second

// What is tried beside load and one signal. Half-open clients and those that never read
// hold up a stop as those do that say nothing, and would take as long once more.
var (
	overHTTP = []record.Situation{record.Handshake, record.Body, record.Idle, record.Twice, record.Group}
	overTCP  = []record.Situation{record.Handshake, record.Group, record.StopCont}
)

// An expectation is what is recorded of a server.
type expectation struct {
	verdict record.Verdict
	fails   []string // checks that fail in every run
	races   []string // checks that fail in some: they take a request that is under way in the wrong moment
}

// everyFail are checks that a server that drops connections fails wherever a request is
// under way.
func everyFail(ids ...string) []string {
	return append(ids, "requests-keepalive", "requests-new", "requests-tcp", "refusals-clean", "handshake", "half-body",
		"idle-connections", "repeated-signal", "process-group", "stop-continue")
}

// drilled runs the drill and compares what comes of it with what is recorded.
func drilled(t *testing.T, c drill.Config, want expectation) *record.Run {
	t.Helper()
	c.Setup.Rounds = max(c.Setup.Rounds, 2*len(c.Situations)+2)
	if c.Setup.Grace == 0 {
		c.Setup.Grace = grace
	}
	c.Setup.MinStops, c.Setup.MinSent = 1, 1
	c.SetDefaults()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	run, err := drill.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s; fail: %v; could not be judged: %v", run.Verdict, checks(run, record.Fail), checks(run, record.Inconclusive))
	want.compare(t, run)
	if t.Failed() {
		var text strings.Builder
		show.Text(&text, run, show.Style{Width: 100})
		t.Log(text.String())
	}
	return run
}

func (want *expectation) compare(t *testing.T, run *record.Run) {
	t.Helper()
	failed := checks(run, record.Fail)
	for _, id := range want.fails {
		if !slices.Contains(failed, id) {
			t.Errorf("%s does not fail any more", id)
		}
	}
	for _, id := range failed {
		if !slices.Contains(want.fails, id) && !slices.Contains(want.races, id) {
			t.Errorf("%s fails", id)
		}
	}
	raced := len(want.fails) == 0 && len(failed) > 0 // a PASS, but for races, which are judged above
	if run.Verdict != want.verdict && !raced && !busy(run) {
		t.Errorf("%s, want %s: %s", run.Verdict, want.verdict, run.Reason)
	}
}

// busy reports whether there is no verdict only because the machine has other things to
// do: the other checks can be judged all the same.
func busy(run *record.Run) bool {
	doubts := checks(run, record.Inconclusive)
	return run.Verdict == record.Inconclusive && slices.Equal(doubts, []string{"on-time"})
}

// checks returns the ids of those with that verdict.
func checks(run *record.Run, verdict record.Verdict) []string {
	var ids []string
	for i := range run.Checks {
		if run.Checks[i].Verdict == verdict {
			ids = append(ids, run.Checks[i].ID)
		}
	}
	return ids
}

// answered returns how many requests of the load were answered in all rounds.
func answered(run *record.Run, name string) (n int) {
	for _, r := range run.Rounds {
		for _, l := range r.Loads {
			if l.Name == name {
				n += l.Answered
			}
		}
	}
	return n
}

// lost returns how many requests of the load may have been begun and were not answered.
func lost(run *record.Run, name string) (n int) {
	for _, r := range run.Rounds {
		for _, l := range r.Loads {
			if l.Name == name {
				n += l.Lost
			}
		}
	}
	return n
}

// rate is how many requests a second are due on each connection.
const rate = 100

// loadsOverHTTP are clients that stay on their connections, and some that do not.
func loadsOverHTTP(port string) []drill.LoadConfig {
	at := "http://127.0.0.1:" + port + "/"
	return []drill.LoadConfig{
		{LoadSetup: record.LoadSetup{URL: at, Connections: 16, Rate: 16 * rate}},
		{LoadSetup: record.LoadSetup{URL: at, Connections: 4, Rate: 4 * rate, NewConn: true}},
	}
}

// loadOverTCP are clients of another protocol.
func loadOverTCP(port, name string, connections int) drill.LoadConfig {
	return drill.LoadConfig{LoadSetup: record.LoadSetup{
		Name: name, Protocol: record.TCP, URL: "tcp://127.0.0.1:" + port, Connections: connections, Rate: rate * float64(connections),
	}}
}
