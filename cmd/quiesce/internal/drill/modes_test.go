// SPDX-License-Identifier: Apache-2.0

//go:build linux

package drill

import (
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

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
		c := against(t, server, 3)
		c.Setup.Mode, c.Upgrade = record.Upgrade, syscall.SIGUSR2
		c.Loads[0].NewConn = true
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

// One that somebody else has started is stopped once, and only if it obeys.
func TestAttached(t *testing.T) {
	for server, obeys := range map[string]bool{"correct": true, "ignores-term": false} {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		c := against(t, server, 5)
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(append(os.Environ(), c.Env...), atPort(portVariable+"={port}", port), countVariable+"="+t.TempDir()+"/count", reportVariable+"="+t.TempDir()+"/report")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		c.Setup.Command, c.Setup.PID, c.Loads[0].URL = nil, cmd.Process.Pid, atPort(c.Loads[0].URL, port)
		if !obeys {
			c.Setup.Grace = 200 * ms
		}
		run, err := Run(t.Context(), c)
		if err != nil || len(run.Rounds) != 1 || run.Rounds[0].Signalled < 0 || run.Rounds[0].Exited >= 0 != obeys || run.Rounds[0].Exit.Killed {
			t.Fatalf("%s: error %v, run %+v", server, err, run)
		}
		if !obeys {
			if cmd.Process.Kill() != nil {
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
