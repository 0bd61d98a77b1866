// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"testing"
	"time"
)

// TestSuperviseReadyOrLate: a keeper that was held up and finds both has a service
// that is ready.
func TestSuperviseReadyOrLate(t *testing.T) {
	own := New(t.Context(), "own")
	defer own.Stop()
	for range 1000 {
		l := &life{service: &Service{ReadyWithin: time.Nanosecond}, scope: own, ready: newSignal(), stop: make(chan struct{})}
		r := &supervision{turns: make(chan turn, 1)}
		done := make(chan struct{})
		l.ready.give()
		time.AfterFunc(10*time.Microsecond, func() { close(done) })
		if why, late := r.watch(l, done); why != nil || late {
			t.Fatalf("watch = %v, %v for a service that is ready", why, late)
		}
		if turn := <-r.turns; turn.now != ServiceReady {
			t.Fatalf("the owner is told that it is %v", turn.now)
		}
	}
}

// TestSuperviseDelay: the most that a service waits doubles up to the limit, and the
// jitter takes from nothing to all of it.
func TestSuperviseDelay(t *testing.T) {
	c := supervisorDefaults()
	c.jitter = func(most time.Duration) time.Duration { return most }
	for before, want := range map[int]time.Duration{
		0: 100 * time.Millisecond, 1: 200 * time.Millisecond, 8: 25600 * time.Millisecond,
		9: DefaultBackoffLimit, 1_000_000: DefaultBackoffLimit,
	} {
		if got := c.delay(before); got != want {
			t.Errorf("delay after %d failures = %v, want %v", before+1, got, want)
		}
	}
	c.limit = 1<<63 - 1
	if got := c.delay(1000); got != c.limit {
		t.Errorf("delay without a limit = %v", got)
	}
	c.jitter = func(time.Duration) time.Duration { return -1 }
	if got := c.delay(0); got != 0 {
		t.Errorf("delay of a negative jitter = %v", got)
	}
}

// TestSuperviseJitter: full jitter spreads over all of the time.
func TestSuperviseJitter(t *testing.T) {
	c := supervisorDefaults()
	var quarters [4]int
	const most = 4 * time.Second
	for range 1000 {
		d := c.jitter(most)
		if d < 0 || d > most {
			t.Fatalf("jitter = %v of %v", d, most)
		}
		quarters[min(3, d/time.Second)]++
	}
	for i, n := range quarters {
		if n < 100 {
			t.Errorf("quarter %d of the time has %d of 1000 delays", i, n)
		}
	}
	for _, most := range []time.Duration{0, 1, 1<<63 - 1} {
		if got := c.jitter(most); got < 0 || got > most {
			t.Errorf("jitter = %v of %v", got, most)
		}
	}
}

// TestTaskDoneMeetsEnd: who asks for Done while the task ends may be faster than the
// task, and then the task finds a channel that is closed already.
func TestTaskDoneMeetsEnd(t *testing.T) {
	task := &Task{kind: &kind{name: "a"}}
	task.outcome.Store(uint32(OK)) // the first half of resolve
	<-task.Done()
	task.resolve(OK, nil)
	<-task.Done()
}
