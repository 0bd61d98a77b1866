// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiesce_test

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// wholeStop is what a stop prints on standard output when every hook ran.
const wholeStop = "at announce\nat drain\nat stop\nat flush\nat outer drain\nat outer stop\n"

// TestFullStderr: nobody reads standard error. Main exits all the same, by the
// end of the grace period: until then it hopes for a reader.
func TestFullStderr(t *testing.T) {
	c := stations(t, "-grace=1s")
	c.FullStderr = true
	p := startChild(t, c)
	p.Await("running")
	p.Signal(syscall.SIGUSR1)
	p.Signal(syscall.SIGTERM)
	asked := time.Now()
	r := ended(t, p, "exit code 0")
	if took := time.Since(asked); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	holds(t, r.Stdout, wholeStop)
}

// TestSlowStderr: a reader that comes back in time gets everything.
func TestSlowStderr(t *testing.T) {
	c := stations(t, "-hold=stop")
	c.FullStderr = true
	p := startChild(t, c)
	p.Await("running")
	p.Signal(syscall.SIGTERM)
	p.Await("at stop")
	p.Unplug()
	p.AwaitStderr("new -> starting")
	p.AwaitStderr("draining -> stopping")
	p.CloseStdin()
	p.AwaitStderr("clean, code 0")
	r := ended(t, p, "exit code 0")
	holds(t, r.Stdout, wholeStop)
}

// TestReaderGoes: who reads an output goes away, as tee does after Ctrl-C in
// "program | tee". Nothing of the stop is lost.
func TestReaderGoes(t *testing.T) {
	t.Run("stderr", func(t *testing.T) {
		p := startChild(t, stations(t))
		p.Await("running")
		p.CloseStderr()
		p.Signal(syscall.SIGTERM)
		holds(t, ended(t, p, "exit code 0").Stdout, wholeStop)
	})
	t.Run("stdout", func(t *testing.T) {
		p := startChild(t, stations(t))
		p.Await("running")
		p.CloseStdout()
		p.Signal(syscall.SIGTERM)
		holds(t, ended(t, p, "exit code 0").Stderr, "clean, code 0")
	})
}

func TestClosedStreams(t *testing.T) {
	for _, redirect := range []string{"2>&-", "<&-", "<&- 2>&-"} {
		t.Run(redirect, func(t *testing.T) {
			p := startChild(t, around(stations(t), `exec "$@" `+redirect))
			p.Await("running")
			p.Signal(syscall.SIGUSR1)
			p.Signal(syscall.SIGTERM)
			r := ended(t, p, "exit code 0")
			holds(t, r.Stdout, wholeStop)
			if !strings.Contains(redirect, "2") {
				holds(t, r.Stderr, "clean, code 0")
			}
		})
	}
}
