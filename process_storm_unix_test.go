// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiesce_test

import (
	"fmt"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// TestInquiriesDoNotPileUp: nobody reads what is asked for again and again.
func TestInquiriesDoNotPileUp(t *testing.T) {
	c := quiescetest.Child(t, "asked", "-grace=1s")
	c.FullStderr = true
	p := startChild(t, c)
	var more int
	if _, err := fmt.Sscanf(p.Await("more goroutines: "), "more goroutines: %d", &more); err != nil {
		t.Fatal(err)
	}
	if more > 5 { // of os/signal, and one that writes
		t.Errorf("100 inquiries left %d goroutines", more)
	}
	p.Unplug()
	p.AwaitStderr("goroutine profile")
	p.Signal(syscall.SIGTERM)
	ended(t, p, "exit code 0")
}

// TestTermAfterTheEnd: a repeated TERM between Main's return and the exit does
// not kill a clean stop.
func TestTermAfterTheEnd(t *testing.T) {
	p := startChild(t, stations(t, "-preset=kubernetes", "-hold=ended"))
	p.Await("running")
	p.Signal(syscall.SIGTERM)
	p.Await("at ended")
	for range 1000 {
		p.Signal(syscall.SIGTERM)
		p.Signal(syscall.SIGHUP)
	}
	p.CloseStdin()
	ended(t, p, "exit code 0")
}

// TestTermInTheLastInstant sends TERM without a pause from the first to the
// last instant of many short lives.
func TestTermInTheLastInstant(t *testing.T) {
	const lives = 100
	sent := 0
	for range lives {
		p := startChild(t, stations(t, "-preset=kubernetes"))
		p.Await("running")
		for p.Signal(syscall.SIGTERM) {
			sent++
		}
		ended(t, p, "exit code 0")
		if t.Failed() {
			return
		}
	}
	t.Logf("%d SIGTERMs for %d lives", sent, lives)
}

const burstLength = 100_000

// TestBurst: a storm from another process ends in one of the ways that the
// policy allows, and never in a crash.
func TestBurst(t *testing.T) {
	for _, tc := range []struct {
		mix, policy string
		allowed     []string
	}{
		// TERM and HUP do not escalate there: the stop is as clean as ever.
		{"gentle", "orchestrated", []string{"exit code 0"}},
		// Three steps in 400 ms, or fewer if the storm is over before: the held
		// hook is released, abandoned or left behind.
		{"rough", "", []string{"exit code 0", "exit code 3", "exit code 124", "exit code 130", "exit code 143"}},
		{"rough", "orchestrated", []string{"exit code 0", "exit code 3", "exit code 124", "exit code 130"}},
	} {
		t.Run(tc.mix+" "+tc.policy, func(t *testing.T) {
			p := startChild(t, stations(t, "-hold=drain", "-policy="+tc.policy))
			p.Await("running")
			sender := quiescetest.Child(t, "sender", strconv.Itoa(p.PID()), strconv.Itoa(burstLength), tc.mix).Start(t)
			ended(t, sender, "exit code 0")
			p.CloseStdin()
			r := p.Wait()
			if !slices.Contains(tc.allowed, r.Status()) {
				t.Errorf("%s, want one of %q; stderr:\n%s", r.Status(), tc.allowed, clip(r.Stderr))
			}
			holds(t, r.Stderr, "stop requested: terminated by ")
			t.Logf("%s after %v, %d bytes on standard error", r.Status(), r.Took, len(r.Stderr))
		})
	}
}

// clip keeps the end of a long text.
func clip(s string) string { return s[max(0, len(s)-10_000):] }

// TestForcedEndNeedsNoLock: the third signal ends the process while goroutines
// hold, or fight for, every lock they can get, and every output is stuck.
func TestForcedEndNeedsNoLock(t *testing.T) {
	for _, args := range [][]string{nil, {"-logger"}} {
		t.Run(fmt.Sprint("args ", args), func(t *testing.T) {
			c := quiescetest.Child(t, "locks", args...)
			c.FullStderr = true
			p := startChild(t, c)
			p.Signal(syscall.SIGINT)
			p.Await("holding")
			pastWindow()
			p.Signal(syscall.SIGINT)
			p.Await("hurried")
			pastWindow()
			sent := time.Now()
			p.Signal(syscall.SIGINT)
			ended(t, p, "killed by SIGINT")
			took := time.Since(sent)
			if took > 5*time.Second {
				t.Errorf("exit took %v", took)
			}
			t.Logf("exit took %v", took)
		})
	}
}
