// SPDX-License-Identifier: Apache-2.0

//go:build linux

package drill

import (
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// A correct server is correct in every situation that it can be.
func TestSituationsPass(t *testing.T) {
	c := against(t, "correct", 0)
	for _, s := range allSituations() {
		switch s {
		case record.HUP, record.Shell: // a HUP stops it, which is its right; a shell passes on no signal
		case record.NeverReads: // to whoever does not read the kernel may tell the end minutes late
		case record.SlowClient: // its requests are pipelined: those that are not read yet reset the others' answers at the end
		default:
			c.Situations = append(c.Situations, s)
		}
	}
	c.Setup.Rounds = 2 * len(c.Situations)
	run := drilled(t, c)
	passes(t, run)
	if len(run.Skipped) > 0 {
		t.Errorf("skipped %v", run.Skipped)
	}
	for _, s := range c.Situations {
		if !slices.ContainsFunc(run.Rounds, func(r record.Round) bool { return r.Schedule.Situation == s }) {
			t.Errorf("%s was not tried", s)
		}
	}
}

// Two instances that take turns refuse nobody.
func TestRolling(t *testing.T) {
	for _, ready := range []bool{true, false} {
		c := against(t, "delaying", 4)
		c.Setup.Mode = record.Rolling
		if ready {
			c.Setup.Ready, c.Setup.Delay = "http://127.0.0.1:{port}/readyz", readinessDelay
		}
		c.Write = &load.Request{Method: "PUT", Path: "/keep/{id}"}
		c.Read = &load.Request{Path: "/keep/{id}"}
		c.Loads = append(c.Loads, c.Loads[0])
		c.Loads[1].NewConn = true
		run := drilled(t, c)
		passes(t, run)
		if !slices.Contains(verdicts(run, record.Pass), "served-throughout") {
			t.Errorf("with readiness %v: %s", ready, explain(run))
		}
		for i := range run.Rounds {
			r := &run.Rounds[i]
			if turned := markAt(r, record.MarkTurned); turned < r.Signalled || markAt(r, record.MarkSuccessor) < 0 || markAt(r, record.MarkLast) < r.Exited {
				t.Errorf("round %d: marks %v", r.Number, r.Marks)
			}
			if w := r.Writes; w == nil || w.Acknowledged == 0 || len(w.Missing) > 0 {
				t.Errorf("round %d: writes %+v", r.Number, w)
			}
		}
	}
}

// So does one that replaces itself, and one that does not is found out.
func TestUpgrade(t *testing.T) {
	for server, right := range map[string]bool{"upgrades": true, "no-upgrade": false} {
		c := upgraded(t, server, 3)
		if !right {
			c.Setup.Rounds, c.Setup.Grace = 1, 200*ms
		}
		run := drilled(t, c)
		if right {
			passes(t, run)
		} else if run.Verdict != record.Fail {
			t.Errorf("%s: %s", server, run.Verdict)
		}
		for i := range run.Rounds {
			r := &run.Rounds[i]
			if found := markAt(r, record.MarkSuccessor) > 0; found != right || r.Exit.Killed == right || r.Signalled < 0 {
				t.Errorf("%s: round %d: exit %+v, marks %v", server, r.Number, r.Exit, r.Marks)
			}
		}
	}
}

// One that becomes its own successor has replaced itself when that serves.
func TestUpgradeInPlace(t *testing.T) {
	c := upgraded(t, "execs", 3)
	c.Setup.Grace = time.Minute // which is not waited for
	c.Setup.Ready, c.Setup.Live, c.Setup.Delay = c.Loads[0].URL, c.Loads[0].URL, 10*ms
	run := drilled(t, c)
	passes(t, run)
	for i := range run.Rounds {
		r := &run.Rounds[i]
		if at := markAt(r, record.MarkReplaced); at < markAt(r, record.MarkSuccessor) || r.Exited >= 0 || r.Exit.Killed || r.Took > 20*time.Second {
			t.Errorf("round %d: exit %+v, marks %v", r.Number, r.Exit, r.Marks)
		}
	}
	if !slices.Contains(verdicts(run, record.Pass), "served-throughout") {
		t.Errorf("%s", explain(run))
	}
}

// What served before it and does not end is killed, and nothing else is.
func TestUpgradeInPlaceLeaves(t *testing.T) {
	c := upgraded(t, "execs-leaves", 2)
	c.Setup.Grace = 2 * time.Second // for it to serve again; it is waited for
	run := drilled(t, c)
	if failed := verdicts(run, record.Fail); !slices.Equal(failed, []string{"exits", "exits-in-time"}) {
		t.Errorf("fails %v: %s", failed, explain(run))
	}
	pid := ""
	for i := range run.Rounds {
		r := &run.Rounds[i]
		k := slices.IndexFunc(r.Marks, func(m record.Mark) bool { return m.What == record.MarkSuccessor })
		if k < 0 || pid != "" && r.Marks[k].Detail != pid || !r.Exit.Killed || markAt(r, record.MarkReplaced) >= 0 {
			t.Fatalf("round %d: exit %+v, marks %v", r.Number, r.Exit, r.Marks)
		}
		pid = r.Marks[k].Detail
	}
}

func upgraded(t *testing.T, server string, rounds int) Config {
	t.Helper()
	c := against(t, server, rounds)
	c.Setup.Mode, c.Upgrade = record.Upgrade, syscall.SIGUSR2
	c.Loads[0].NewConn = true
	return c
}

// One that somebody else has started is stopped once, and only if it obeys.
func TestAttached(t *testing.T) {
	for server, obeys := range map[string]bool{"correct": true, "ignores-term": false} {
		c := against(t, server, 5)
		process, ended := alone(t, &c)
		if !obeys {
			c.Setup.Grace = 200 * ms
		}
		run, err := Run(t.Context(), c)
		if err != nil || len(run.Rounds) != 1 || run.Rounds[0].Signalled < 0 || run.Rounds[0].Exited >= 0 != obeys || run.Rounds[0].Exit.Killed {
			t.Fatalf("%s: error %v, run %+v", server, err, run)
		}
		if !obeys {
			if process.Kill() != nil {
				t.Errorf("%s: the drill has killed it", server)
			}
			if failed := verdicts(run, record.Fail); !slices.Contains(failed, "exits") {
				t.Errorf("%s: fails %v, want exits", server, failed)
			}
		}
		if err := <-ended; (err == nil) != obeys {
			t.Errorf("%s: %v", server, err)
		}
	}
}

// alone starts the server of a drill, which is then one of that process.
func alone(t *testing.T, c *Config) (process *os.Process, ended <-chan error) {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), c.Env...), atPort(portVariable+"={port}", port), countVariable+"="+t.TempDir()+"/count", reportVariable+"="+t.TempDir()+"/report")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	go func() { end <- cmd.Wait() }()
	c.Setup.Command, c.Setup.PID, c.Loads[0].URL = nil, cmd.Process.Pid, atPort(c.Loads[0].URL, port)
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }) // with its successors
	return cmd.Process, end
}

// One that somebody else has started is followed from successor to successor, and the
// last is left alone.
func TestUpgradeAttached(t *testing.T) {
	for server, end := range map[string]record.MarkKind{"upgrades": record.MarkExited, "execs": record.MarkReplaced} {
		c := upgraded(t, server, 3)
		process, _ := alone(t, &c)
		run := drilled(t, c)
		passes(t, run)
		for i := range run.Rounds {
			if r := &run.Rounds[i]; markAt(r, record.MarkSuccessor) < 0 || markAt(r, end) < 0 {
				t.Errorf("%s: round %d: marks %v", server, r.Number, r.Marks)
			}
		}
		if syscall.Kill(-process.Pid, 0) != nil {
			t.Errorf("%s: the drill has ended it", server)
		}
	}
}

// One that does not go, or leaves what served before it, has not replaced itself, and is
// not killed; there is no second round.
func TestUpgradeAttachedStays(t *testing.T) {
	for server, serves := range map[string]bool{"no-upgrade": false, "execs-leaves": true} {
		c := upgraded(t, server, 3)
		c.Setup.Grace = 2 * time.Second
		process, ended := alone(t, &c)
		run, err := Run(t.Context(), c)
		if err != nil || len(run.Rounds) != 1 || run.Rounds[0].Exit.Killed || run.Rounds[0].Exited >= 0 {
			t.Fatalf("%s: error %v, run %+v", server, err, run)
		}
		failed := verdicts(run, record.Fail)
		if !slices.Contains(failed, "exits") || slices.Contains(failed, "served-throughout") == serves {
			t.Errorf("%s: fails %v: %s", server, failed, explain(run))
		}
		if process.Kill() != nil {
			t.Errorf("%s: the drill has killed it", server)
		}
		<-ended
	}
}

// A situation that cannot be played is left out, and said; if it is all there was to do
// the drill is over.
func TestSituationCannotBePlayed(t *testing.T) {
	c := against(t, "lines", 4)
	c.Loads[0].URL, c.Loads[0].Protocol, c.Loads[0].Kind = "tcp://127.0.0.1:{port}", record.TCP, load.Lines("hello", "")
	c.Situations = []record.Situation{record.Body, record.Group}
	run := drilled(t, c)
	if len(run.Skipped) != 1 || run.Skipped[0].What != string(record.Body) {
		t.Errorf("skipped %v", run.Skipped)
	}
	c.Replay = replay(t, "body/TERM@1ms/tcp")
	if run, err := Run(t.Context(), c); err != nil || len(run.Rounds) != 0 || run.Interrupted == "" || run.Verdict == record.Pass {
		t.Errorf("a replay of it: error %v, run %+v", err, run)
	}
}
