// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiesce_test

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

// startChild starts a child, waits until it says that it is ready, and makes
// Signal signal it, whatever is around it.
func startChild(t *testing.T, c quiescetest.Command) *quiescetest.Process {
	t.Helper()
	c.Ready = "ready "
	p := c.Start(t)
	pid, err := strconv.Atoi(strings.TrimPrefix(p.Ready(), "ready "))
	if err != nil {
		t.Fatal(err)
	}
	if pid != p.PID() {
		p.Follow(pid)
	}
	return p
}

// around puts a shell script around a command; "$@" in it is the command.
func around(c quiescetest.Command, script string) quiescetest.Command {
	c.Args = append([]string{"sh", "-c", script, "sh"}, c.Args...)
	return c
}

// pastWindow is how the tests press Ctrl-C again: repeats that come faster than
// this, after the child has shown that it saw the last one, stand for the same.
// The wait is what is tested, not a way to be in time.
func pastWindow() { time.Sleep(sigmux.CoalesceWindow) }

// ended waits for the end and compares the status.
func ended(t *testing.T, p *quiescetest.Process, want string) *quiescetest.Result {
	t.Helper()
	r := p.Wait()
	if r.Status() != want {
		t.Errorf("%s, want %s; stdout:\n%s\nstderr:\n%s", r.Status(), want, r.Stdout, r.Stderr)
	}
	return r
}

func stations(t *testing.T, args ...string) quiescetest.Command {
	t.Helper()
	return quiescetest.Child(t, "stations", args...)
}

func TestSignalBeforeMain(t *testing.T) {
	t.Run("linked only", func(t *testing.T) {
		p := startChild(t, quiescetest.Child(t, "naive"))
		p.Signal(syscall.SIGTERM)
		ended(t, p, "killed by SIGTERM")
	})
	t.Run("app made", func(t *testing.T) {
		p := startChild(t, stations(t, "-hold=before"))
		p.Await("at before")
		p.Signal(syscall.SIGINT)
		ended(t, p, "killed by SIGINT")
	})
}

func TestSignalDuringStart(t *testing.T) {
	for _, station := range []string{"outer start", "start"} {
		t.Run(station+" obeys", func(t *testing.T) {
			t.Parallel()
			p := startChild(t, stations(t, "-obey", "-hold="+station))
			p.Await("at " + station)
			p.Signal(syscall.SIGTERM)
			r := ended(t, p, "exit code 0")
			holds(t, r.Stderr, "never started: ", "called off", "terminated by SIGTERM")
			if strings.Contains(r.Stdout, "running") {
				t.Errorf("was running:\n%s", r.Stdout)
			}
		})
		t.Run(station+" ignores", func(t *testing.T) {
			t.Parallel()
			p := startChild(t, stations(t, "-grace=1s", "-hold="+station))
			p.Await("at " + station)
			p.Signal(syscall.SIGTERM)
			r := ended(t, p, "exit code 3")
			holds(t, r.Stderr, "abandoned", "start still running")
		})
		t.Run(station+" comes back", func(t *testing.T) {
			t.Parallel()
			p := startChild(t, stations(t, "-hold="+station))
			p.Await("at " + station)
			p.Signal(syscall.SIGTERM)
			p.AwaitStderr("stop requested")
			p.CloseStdin()
			r := ended(t, p, "exit code 0")
			holds(t, r.Stdout, "at "+strings.Replace(station, "start", "stop", 1))
		})
	}
}

func TestSignalWhileRunning(t *testing.T) {
	for _, tc := range []struct {
		preset string
		sig    syscall.Signal
		want   string
	}{
		{"none", syscall.SIGTERM, "exit code 0"},
		{"none", syscall.SIGINT, "exit code 0"},
		{"none", syscall.SIGHUP, "exit code 0"},
		{"kubernetes", syscall.SIGTERM, "exit code 0"},
		{"kubernetes", syscall.SIGINT, "exit code 0"},
		{"systemd", syscall.SIGTERM, "exit code 0"},
		{"systemd", syscall.SIGHUP, "exit code 0"},
		{"interactive", syscall.SIGTERM, "killed by SIGTERM"},
		{"interactive", syscall.SIGINT, "killed by SIGINT"},
		{"interactive", syscall.SIGHUP, "killed by SIGHUP"},
	} {
		t.Run(tc.preset+" "+sigmux.Name(tc.sig), func(t *testing.T) {
			t.Parallel()
			p := startChild(t, stations(t, "-preset="+tc.preset))
			p.Await("running")
			p.Signal(tc.sig)
			r := ended(t, p, tc.want)
			holds(t, r.Stdout, "at announce\nat drain\nat stop\nat flush\nat outer drain\nat outer stop\n")
			holds(t, r.Stderr, "terminated by "+sigmux.Name(tc.sig), "clean, code 0")
		})
	}
}

// stopStations are those of a stop, in order.
var stopStations = []string{"announce", "drain", "stop", "flush", "outer drain", "outer stop"}

// TestSignalDuringPhase: what comes during a stop is recorded, and changes
// nothing where it does not escalate.
func TestSignalDuringPhase(t *testing.T) {
	for _, station := range stopStations {
		t.Run(station, func(t *testing.T) {
			t.Parallel()
			p := startChild(t, stations(t, "-preset=kubernetes", "-hold="+station))
			p.Await("running")
			p.Signal(syscall.SIGTERM)
			p.Await("at " + station)
			p.Signal(syscall.SIGHUP)
			p.AwaitStderr("SIGHUP recorded")
			p.Signal(syscall.SIGUSR1)
			p.AwaitStderr(`app "stations" is `)
			p.AwaitStderr("goroutine profile")
			pastWindow()
			p.Signal(syscall.SIGTERM)
			p.AwaitStderr("SIGTERM recorded")
			p.CloseStdin()
			holds(t, ended(t, p, "exit code 0").Stderr, "clean, code 0", "signals that changed nothing: 2")
		})
	}
}

// TestSignalDuringDelay: the readiness delay ends early when hurried.
func TestSignalDuringDelay(t *testing.T) {
	p := startChild(t, stations(t, "-preset=kubernetes", "-delay=10s"))
	p.Await("running")
	p.Signal(syscall.SIGTERM)
	p.Await("at announce")
	pastWindow()
	p.Signal(syscall.SIGTERM)
	p.AwaitStderr("SIGTERM recorded")
	p.Signal(syscall.SIGINT) // the first of its kind
	r := ended(t, p, "exit code 3")
	holds(t, r.Stderr, "hurried: terminated by SIGINT")
	if r.Took > 8*time.Second {
		t.Errorf("took %v, in spite of being hurried", r.Took)
	}
}

// TestThirdSignalForces at every station, beside hooks that ignore everything.
func TestThirdSignalForces(t *testing.T) {
	for _, station := range append([]string{"outer start", "start"}, stopStations...) {
		for _, tc := range []struct {
			preset string
			sigs   [3]syscall.Signal
			want   string
		}{
			{"interactive", [3]syscall.Signal{syscall.SIGINT, syscall.SIGINT, syscall.SIGINT}, "killed by SIGINT"},
			{"kubernetes", [3]syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGINT}, "exit code 130"},
			{"none", [3]syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGINT}, "exit code 130"},
		} {
			t.Run(station+" "+tc.preset, func(t *testing.T) {
				t.Parallel()
				p := startChild(t, stations(t, "-preset="+tc.preset, "-hold="+station))
				start := strings.HasSuffix(station, "start")
				if !start {
					p.Await("running")
					p.Signal(tc.sigs[0])
				}
				p.Await("at " + station)
				if start {
					p.Signal(tc.sigs[0])
				}
				p.AwaitStderr("stop requested")
				pastWindow()
				p.Signal(tc.sigs[1])
				p.AwaitStderr("hurried: ")
				pastWindow()
				p.Signal(tc.sigs[2])
				r := p.Wait()
				forced := r.Status() == tc.want && strings.Contains(r.Stderr, ", forced, code ")
				// The hook is abandoned 100 ms after it was hurried: then the
				// app may have ended by itself before the third signal.
				if !forced && r.Status() != "exit code 3" {
					t.Errorf("%s, want %s; stderr:\n%s", r.Status(), tc.want, r.Stderr)
				}
			})
		}
	}
}

// TestSecondSignalHurries: a hook that obeys its context comes back at once.
func TestSecondSignalHurries(t *testing.T) {
	for _, station := range stopStations {
		t.Run(station, func(t *testing.T) {
			t.Parallel()
			p := startChild(t, stations(t, "-preset=interactive", "-obey", "-hold="+station))
			p.Await("running")
			p.Signal(syscall.SIGINT)
			p.Await("at " + station)
			pastWindow()
			p.Signal(syscall.SIGINT)
			r := ended(t, p, "exit code 3")
			holds(t, r.Stderr, "hurried: terminated by SIGINT", "not clean, hurried", "timed-out")
		})
	}
}

// TestQuitIsNotTaken: Go's own dump, with its own exit code, also in a stop.
func TestQuitIsNotTaken(t *testing.T) {
	p := startChild(t, stations(t, "-hold=drain"))
	p.Await("running")
	p.Signal(syscall.SIGTERM)
	p.Await("at drain")
	p.Signal(syscall.SIGQUIT)
	holds(t, ended(t, p, "exit code 2").Stderr, "SIGQUIT: quit", "goroutine ")
}

func TestInquiryWhileRunning(t *testing.T) {
	p := startChild(t, stations(t))
	p.Await("running")
	for range 3 {
		p.Signal(syscall.SIGUSR1)
		p.AwaitStderr(`app "stations" is running`)
		p.AwaitStderr("goroutine profile")
		p.AwaitStderr("childStations") // which waits in Main; a Run may not have begun
	}
	p.Signal(syscall.SIGTERM)
	ended(t, p, "exit code 0")
}

// TestPanicInRunIsPrintedAtOnce: before anything else is over, with the stack
// of the panic; everybody else stops in the ordinary way.
func TestPanicInRunIsPrintedAtOnce(t *testing.T) {
	dir := t.TempDir()
	c := quiescetest.Child(t, "panic", "-hold=drain", "-dir="+dir)
	c.ReportDir = dir
	p := c.Start(t)
	p.AwaitStderr(`run "worker" panicked: panic: over its own feet`)
	p.AwaitStderr("quiesce_test.stumble")
	p.Await("at drain")
	p.CloseStdin()
	r := ended(t, p, "exit code 1")
	holds(t, r.Stdout, "at stop")
	if r.Report == nil {
		t.Fatal("no report")
	}
	for _, h := range r.Report.Hooks {
		if (h.Outcome == quiesce.OK) != (h.Component == "db") {
			t.Errorf("%s of %q is %s", h.Hook, h.Component, h.Outcome)
		}
	}
	if c := r.Report.Causes[0]; c.Component != "worker" || !strings.Contains(c.Stack, "quiesce_test.stumble") {
		t.Errorf("first cause %+v", c)
	}
}

func TestJobInterruptedBySignal(t *testing.T) {
	for preset, want := range map[string]map[syscall.Signal]string{
		"kubernetes":  {syscall.SIGTERM: "exit code 143", syscall.SIGINT: "exit code 130", syscall.SIGHUP: "exit code 129"},
		"interactive": {syscall.SIGTERM: "killed by SIGTERM", syscall.SIGINT: "killed by SIGINT"},
	} {
		for sig, want := range want {
			t.Run(preset+" "+sigmux.Name(sig), func(t *testing.T) {
				t.Parallel()
				p := startChild(t, stations(t, "-preset="+preset, "-job"))
				p.Await("running")
				p.Signal(sig)
				ended(t, p, want)
			})
		}
	}
}

func TestManyComponents(t *testing.T) {
	const n = 10_000
	c := quiescetest.Child(t, "many", strconv.Itoa(n))
	p := c.Start(t)
	p.Await("running")
	p.Signal(syscall.SIGTERM)
	r := ended(t, p, "exit code 0")
	holds(t, r.Stdout, fmt.Sprintf("start %d, drain %d, stop %d", n, n, n))
	t.Logf("%d components in %v", n, r.Took)
}

func TestOneProcessor(t *testing.T) {
	c := stations(t, "-preset=interactive", "-hold=drain")
	c.Env = append(c.Env, "GOMAXPROCS=1")
	p := startChild(t, c)
	p.Await("running")
	p.Signal(syscall.SIGINT)
	p.Await("at drain")
	p.CloseStdin()
	ended(t, p, "killed by SIGINT")
}
