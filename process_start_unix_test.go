// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiesce_test

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// need skips the test where a program is missing.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("needs %s: %v", program, err)
	}
}

// TestIgnoredSignalsStayIgnored starts the program in the ways in which it
// inherits ignored signals, and expects it to say so and leave them.
func TestIgnoredSignalsStayIgnored(t *testing.T) {
	for _, tc := range []struct {
		name    string
		wrap    func(quiescetest.Command) quiescetest.Command
		ignored []syscall.Signal
		says    []string
	}{
		{
			"nohup", func(c quiescetest.Command) quiescetest.Command {
				c.Args = append([]string{"nohup"}, c.Args...)
				return c
			},
			[]syscall.Signal{syscall.SIGHUP},
			[]string{"SIGHUP ignored"},
		},
		{
			"background", func(c quiescetest.Command) quiescetest.Command {
				return around(c, `exec 3<&0; "$@" <&3 & wait $!`)
			},
			[]syscall.Signal{syscall.SIGINT},
			[]string{"SIGINT ignored"},
		},
		{
			"trap", func(c quiescetest.Command) quiescetest.Command {
				return around(c, `trap "" INT HUP; exec "$@"`)
			},
			[]syscall.Signal{syscall.SIGINT, syscall.SIGHUP},
			[]string{"SIGINT ignored", "SIGHUP ignored"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			need(t, "sh")
			need(t, "nohup")
			p := startChild(t, tc.wrap(stations(t, "-preset=interactive")))
			for _, line := range tc.says {
				p.AwaitStderr(line)
			}
			p.Await("running")
			for range 3 {
				for _, sig := range tc.ignored {
					p.Signal(sig)
				}
			}
			p.Signal(syscall.SIGUSR1) // still there, and not stopping
			p.AwaitStderr(`app "stations" is running`)
			p.Signal(syscall.SIGTERM)
			r := p.Wait()
			// A shell says 128+n for a child that died of a signal.
			if s := r.Status(); s != "killed by SIGTERM" && s != "exit code 143" {
				t.Errorf("%s; stderr:\n%s", s, r.Stderr)
			}
			holds(t, r.Stderr, "stop requested: terminated by SIGTERM", "clean, code 0")
		})
	}
}

// TestShellLoopStops: Ctrl-C goes to the whole group; the shell waits for its
// child and looks how that ended. This is why an interactive app dies of the
// signal.
func TestShellLoopStops(t *testing.T) {
	need(t, "bash")
	const script = `for i in 1 2 3; do "$@"; echo "turn $i is over"; done`
	loop := func(t *testing.T, preset string) *quiescetest.Process {
		c := around(stations(t, "-preset="+preset), script)
		c.Args[0] = "bash"
		p := startChild(t, c)
		p.Await("running")
		p.SignalGroup(syscall.SIGINT)
		return p
	}
	t.Run("interactive", func(t *testing.T) {
		r := ended(t, loop(t, "interactive"), "killed by SIGINT")
		holds(t, r.Stdout, wholeStop)
	})
	t.Run("kubernetes", func(t *testing.T) {
		p := loop(t, "kubernetes")
		p.Await("turn 1 is over")
		p.Await("running") // the loop goes on: nothing told the shell
	})
}
