// SPDX-License-Identifier: Apache-2.0

package goroutine

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// Where the release has no leak profile it is said how to get one, and with that
// the tests pass.
func TestLeakProfile(t *testing.T) {
	if HasLeakProfile() {
		t.Run("leaked or not", testLeaked)
		t.Run("in bubbles", testLeakedInBubbles)
		return
	}
	const experiment = "goroutineleakprofile"
	if _, err := LeakProfile(nil); !errors.Is(err, ErrNoLeakProfile) || !strings.Contains(err.Error(), "GOEXPERIMENT="+experiment) {
		t.Fatal(err)
	}
	if testing.Short() {
		t.Skip("-short: not built once more with the leak profile")
	}
	if strings.Contains(os.Getenv("GOEXPERIMENT"), experiment) {
		t.Fatal("built with the leak profile, and there is none")
	}
	test := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run=^TestLeakProfile$", "-v", ".")
	test.Env = append(os.Environ(), "GOEXPERIMENT="+experiment)
	out, err := test.CombinedOutput()
	if err != nil || strings.Count(string(out), "--- PASS: ") != 3 {
		t.Errorf("%v\n%s", err, out)
	}
}

// leak launches goroutines that nothing can wake, and none of whose channels are
// left on the caller's stack.
//
//go:noinline
func leak(g *group, n int) {
	for range n {
		g.launch("leaked", func() { receiveFrom(make(chan int)) })
	}
}

// eventuallyLeaked asks again while an old stack slot hides what has leaked, or
// it has not come to its channel.
func eventuallyLeaked(t *testing.T, g *group, n int) []Stack {
	t.Helper()
	var all []Stack
	for range 100 {
		if all = g.stacks(t, LeakProfile); len(all) > 0 && all[0].Count >= n {
			return all
		}
	}
	t.Fatalf("not %d leaked: %v", n, all)
	return nil
}

// What has leaked is found, and what may still be woken is not.
func testLeaked(t *testing.T) {
	g, c := newGroup(), make(chan int)
	g.launch("waits", func() { receiveFrom(c) })
	leak(g, 3)
	all := eventuallyLeaked(t, g, 3)
	if len(all) != 1 || all[0].Count != 3 || all[0].Label("extra") != "leaked" || all[0].Blocked() != "chan receive" ||
		!strings.Contains(all[0].Text(), "goroutine.leak.") {
		t.Errorf("want one stack of 3: %v", all)
	}
	close(c)
	if all := g.stacks(t, Profile); len(all) == 0 || all[0].Count != 3 {
		t.Errorf("the goroutine profile has no longer what has leaked: %v", all)
	}
}

// Calls in one bubble and out of it share runs.
func testLeakedInBubbles(t *testing.T) {
	g := newGroup()
	leak(g, 1)
	eventuallyLeaked(t, g, 1)
	var done sync.WaitGroup
	for range 3 {
		done.Go(func() {
			synctest.Test(t, func(t *testing.T) {
				for range 3 {
					go func() {
						if all := g.stacks(t, LeakProfile); len(all) != 1 {
							t.Errorf("in a bubble: %v", all)
						}
					}()
				}
			})
		})
	}
	done.Wait()
}

// However many ask at the same time, one is at work, and each gets an answer to
// a question that was put after its own.
func TestFlightsShare(t *testing.T) {
	const callers = 20
	var begun, ended atomic.Int64
	first := make(chan struct{})
	s := flights{take: func() (string, error) {
		n := begun.Add(1)
		if n == 1 {
			<-first
		}
		if got := ended.Add(1); got != n {
			t.Errorf("run %d ended as number %d", n, got)
		}
		return strconv.FormatInt(n, 10), nil
	}}
	g := newGroup()
	var done sync.WaitGroup
	ask := func(want string) {
		done.Add(1)
		g.launch(want, func() {
			defer done.Done()
			if got, err := s.get(); got != want || err != nil {
				t.Errorf("the answer of run %q, %v, want of %q", got, err, want)
			}
		})
	}
	ask("1")
	waitFor(t, g, "chan receive", 1)
	for range callers {
		ask("2")
	}
	waitFor(t, g, "sync.Mutex.Lock", callers)
	close(first)
	done.Wait()
	if n := begun.Load(); n != 2 {
		t.Errorf("%d runs, want 2", n)
	}
}

// waitFor waits until n goroutines of the group are blocked.
func waitFor(t *testing.T, g *group, blocked string, n int) {
	t.Helper()
	for got := 0; got != n; {
		got = 0
		for _, s := range g.stacks(t, Profile) {
			if s.Blocked() == blocked {
				got += s.Count
			}
		}
	}
}

// An error is for all who wait, and the next who asks starts anew.
func TestFlightsAfterError(t *testing.T) {
	errFirst := errors.New("first")
	n := 0
	s := flights{take: func() (string, error) {
		if n++; n == 1 {
			return "", errFirst
		}
		return "ok", nil
	}}
	if _, err := s.get(); !errors.Is(err, errFirst) {
		t.Errorf("first: %v", err)
	}
	if got, err := s.get(); got != "ok" || err != nil {
		t.Errorf("second: %q, %v", got, err)
	}
}
