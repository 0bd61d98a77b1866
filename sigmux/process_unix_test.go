// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sigmux

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestSecondCtrlCKills(t *testing.T) {
	c, _ := start(t, self(t, "notify"))
	c.signal(syscall.SIGINT)
	c.line("terminated by SIGINT")
	c.signal(syscall.SIGINT)
	c.diedOf(syscall.SIGINT)
}

func TestExitCodeDiesOfTheSignal(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(Name(sig), func(t *testing.T) {
			c, _ := start(t, self(t, "exit code"))
			c.signal(sig)
			c.diedOf(sig)
		})
	}
}

// TestShellLoopStops is why ExitCode exists. Bash waits for its child and looks
// how it ended; shells that die of SIGINT themselves show no difference.
func TestShellLoopStops(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("needs bash:", err)
	}
	loop := `for i in 1 2 3; do SELF; echo "turn $i ended"; done`
	t.Run("ExitCode", func(t *testing.T) {
		c, _ := start(t, self(t, "exit code", "bash", "-c", loop))
		c.pid = -c.cmd.Process.Pid // as the terminal does, to everyone
		c.signal(syscall.SIGINT)
		c.diedOf(syscall.SIGINT)
	})
	t.Run("exit code 130 would not do", func(t *testing.T) {
		c, _ := start(t, self(t, "plain 130", "bash", "-c", loop))
		c.pid = -c.cmd.Process.Pid
		c.signal(syscall.SIGINT)
		c.line("turn 1 ended")
		c.lines.Scan()
		if !strings.HasPrefix(c.lines.Text(), spawned) {
			t.Errorf("printed %q, want the loop to go on", c.lines.Text())
		}
		_ = syscall.Kill(c.pid, syscall.SIGKILL)
		c.rest()
	})
}

// TestInheritedIgnoreStays starts the program in the ways in which it inherits
// ignored signals.
func TestInheritedIgnoreStays(t *testing.T) {
	for _, tc := range []struct {
		name    string
		around  []string
		ignored []syscall.Signal
		taken   []syscall.Signal
	}{
		{"trap", []string{"sh", "-c", `trap "" INT HUP TERM; exec SELF`}, []syscall.Signal{syscall.SIGINT, syscall.SIGHUP}, nil},
		{"background", []string{"sh", "-c", `exec 3<&0; SELF <&3 & wait`}, []syscall.Signal{syscall.SIGINT}, []syscall.Signal{syscall.SIGHUP}},
		{"nohup", []string{"nohup", "SELF"}, []syscall.Signal{syscall.SIGHUP}, []syscall.Signal{syscall.SIGINT}},
		{"neither", []string{"SELF"}, nil, []syscall.Signal{syscall.SIGHUP, syscall.SIGINT}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := exec.LookPath(tc.around[0]); err != nil && tc.around[0] != "SELF" {
				t.Skip("needs", tc.around[0], err)
			}
			c, said := start(t, self(t, "ignoring", tc.around...))
			var want []string
			for _, sig := range tc.ignored {
				want = append(want, Trap{IgnoredByParent, sig, "by whoever started us (nohup, & in a script); it stays ignored"}.String())
				c.signal(sig)
			}
			said = slices.DeleteFunc(said, func(l string) bool { return strings.Contains(l, MaskUnknown.String()) })
			if !slices.Equal(said, want) {
				t.Errorf("reported %q, want %q", said, want)
			}
			if slices.Contains(tc.taken, syscall.SIGHUP) {
				c.signal(syscall.SIGHUP)
				c.line("hup")
			}
			step := "graceful"
			if slices.Contains(tc.taken, syscall.SIGINT) {
				c.signal(syscall.SIGINT)
				c.line("graceful SIGINT")
				step = "hurried"
			}
			c.signal(syscall.SIGTERM) // taken whatever was inherited: Go cannot know
			c.line(step + " SIGTERM")
			c.in.Close()
			c.exited(0)
		})
	}
}

func TestCloseRestoresTheDefaultAction(t *testing.T) {
	c, _ := start(t, self(t, "close"))
	c.signal(syscall.SIGTERM)
	c.line("graceful")
	c.line("closed")
	c.signal(syscall.SIGTERM)
	c.diedOf(syscall.SIGTERM)
}

func TestCloseDuringABurst(t *testing.T) {
	cmd := self(t, "close burst")
	out, err := cmd.Output()
	if got := string(out); err != nil || got != "some received: true\n" {
		t.Errorf("child: %v, printed %q", err, got)
	}
}

const burst = 100_000

func TestTermIsNotLostBehindABurst(t *testing.T) {
	c, _ := start(t, self(t, "burst"))
	for i := range burst {
		c.signal(syscall.SIGUSR1)
		if i == burst/2 {
			c.signal(syscall.SIGTERM)
		}
	}
	c.in.Close()
	lines := c.exited(0)
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "graceful ") {
		t.Fatalf("child printed %q, want one graceful step and three counts", lines)
	}
	if want := []string{"SIGINT 0 0 0 0", "SIGTERM 1 1 0 0"}; !slices.Contains(lines, want[0]) || !slices.Contains(lines, want[1]) {
		t.Errorf("counts %q, want %q among them", lines[1:], want)
	}
	t.Logf("of %d SIGUSR1: received, acted on, coalesced, ignored: %s", burst, lines[len(lines)-2])
}

// TestBurstOfTerms: graceful once, and after that what the policy says: at most
// one step in a window, each once and in order; under Orchestrated none.
func TestBurstOfTerms(t *testing.T) {
	for mode, climb := range map[string][]string{"burst": {"graceful"}, "burst tty": {"graceful", "hurried", "forced"}} {
		t.Run(mode, func(t *testing.T) {
			c, _ := start(t, self(t, mode))
			for range burst {
				c.signal(syscall.SIGTERM)
			}
			c.in.Close()
			lines := c.exited(0)
			steps, counts := lines[:len(lines)-3], lines[len(lines)-3:]
			last := int64(-CoalesceWindow.Microseconds())
			for i, line := range steps {
				var step string
				var at int64
				if _, err := fmt.Sscan(line, &step, &at); err != nil {
					t.Fatalf("line %q: %v", line, err)
				}
				want := "recorded"
				if i < len(climb) {
					want = climb[i]
				}
				if step != want {
					t.Errorf("step %d is %s, want %s", i, step, want)
				}
				if at-last < CoalesceWindow.Microseconds()-1 { // both were rounded down
					t.Errorf("%s %d µs after the step before", step, at-last)
				}
				last = at
			}
			if len(steps) == 0 {
				t.Error("no graceful step")
			}
			t.Logf("steps %q; counts %q", steps, counts)
		})
	}
}

func TestDie(t *testing.T) {
	c, _ := start(t, self(t, "die twice"))
	c.line("survived SIGINT and waited: false") // ignored, so not even tried
	c.line("survived SIGUSR1 and waited: true") // does not kill a Go program
	c.diedOf(syscall.SIGTERM)
}

// TestDefaultActionHoldsWithoutAMux: linking the package in changes nothing.
func TestDefaultActionHoldsWithoutAMux(t *testing.T) {
	c, _ := start(t, self(t, "naive"))
	c.signal(syscall.SIGTERM)
	c.diedOf(syscall.SIGTERM)
}

func TestNamesOfUnixSignals(t *testing.T) {
	for sig, want := range map[syscall.Signal]string{
		syscall.SIGUSR1: "SIGUSR1", syscall.SIGWINCH: "SIGWINCH", syscall.SIGCHLD: "SIGCHLD",
		syscall.SIGSTOP: "SIGSTOP", syscall.SIGXFSZ: "SIGXFSZ", syscall.SIGIO: "SIGIO",
	} {
		if got := Name(sig); got != want {
			t.Errorf("%d is %q, want %q", int(sig), got, want)
		}
	}
	if _, err := New(NewFake()).Handle(syscall.SIGSTOP, "r", func(Delivery) {}); err == nil {
		t.Error("SIGSTOP was accepted")
	}
}
