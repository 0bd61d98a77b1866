// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"maps"
	"time"

	"github.com/go-quiesce/quiesce/internal/goroutine"
	"github.com/go-quiesce/quiesce/scope"
)

const (
	// firstPause is between the first two looks, and each other is twice as long: what
	// ends at all mostly does so within microseconds, and an hour of virtual time
	// takes no more than two dozen looks.
	firstPause = 100 * time.Microsecond

	// minLooks are made however short the patience is, unless there is none: on a busy
	// machine it can be over before a goroutine had its first turn.
	minLooks = 5

	// proofs is how often the garbage collector is asked. What waits for a mutex is
	// often proved only the second time, when an old stack slot is gone.
	proofs = 2
)

// settle calls look until it finds nothing, at growing intervals, for as long as the
// patience lasts.
func (c *leakCheck) settle(look func() (found bool)) {
	began := time.Now()
	pause := firstPause
	for n := 1; look(); n++ {
		left := c.patience - time.Since(began)
		if left <= 0 && (n >= minLooks || c.patience <= 0) {
			return
		}
		time.Sleep(min(pause, max(left, firstPause)))
		pause *= 2
	}
}

// check looks for what c keeps, with patience, and for proofs if there is something.
func (c *leakCheck) check() *finding {
	f := &finding{}
	c.settle(func() bool {
		c.look(f, nil)
		return len(f.leaks) > 0
	})
	if len(f.leaks) == 0 || f.err != nil {
		return f
	}
	if !goroutine.HasLeakProfile() {
		f.note = goroutine.ErrNoLeakProfile.Error()
		return f
	}
	var leaked []goroutine.Stack
	for range proofs {
		if leaked, f.err = goroutine.LeakProfile(c.keep); f.err != nil {
			return f
		}
	}
	c.look(f, leaked)
	return f
}

// look finds what is there now. Leaked are goroutines that can never wake.
func (c *leakCheck) look(f *finding, leaked []goroutine.Stack) {
	*f = finding{note: f.note, self: f.self}
	stacks, err := goroutine.Profile(c.keep)
	if err != nil {
		f.err = err
		return
	}
	proven := make(tally)
	for _, s := range leaked {
		proven[identity(s)] += s.Count
	}
	before := maps.Clone(c.before)
	var leaks []Leak
	for _, s := range stacks {
		if hasFrame(s, checking) {
			f.self = true
			continue
		}
		s.Count -= before.take(began(s), s.Count)
		if s.Count > 0 && !isStanding(s) {
			leaks = c.leakOf(s, proven.take(identity(s), s.Count)).split(leaks)
		}
	}
	f.leaks, f.allowed = c.drop(leaks)
}

// A tally counts goroutines by what they have in common.
type tally map[string]int

// take takes up to n of them, and returns how many.
func (t tally) take(key string, n int) int {
	n = min(t[key], n)
	if n > 0 {
		t[key] -= n
	}
	return n
}

// checking is on the stack of who looks.
const checking = "github.com/go-quiesce/quiesce/quiescetest.(*leakCheck).look"

// identity tells goroutines apart by what is known of them. The runtime's functions on
// top are not: they change when the garbage collector has looked at a goroutine.
func identity(s goroutine.Stack) string {
	var key string
	for _, l := range s.Labels {
		key += l.Key + "\x00" + l.Value + "\x00"
	}
	return key + s.Text()
}

// leakOf describes goroutines that should have ended.
func (c *leakCheck) leakOf(s goroutine.Stack, proven int) Leak {
	l := Leak{
		Class:  LeakOrphan,
		Orphan: true,
		Scope:  s.Label(scope.LabelScope),
		Task:   s.Label(scope.LabelTask),
		Stack:  scope.Stack{Count: s.Count, Blocked: s.Blocked(), Text: s.Text(), Proven: proven},
	}
	if began(s) == taskMain {
		l.Class, l.Orphan = LeakOverstay, false
	}
	for _, label := range s.Labels {
		if label.Key != LabelTest || c.keep == nil { // else it is known
			l.labels = append(l.labels, label)
		}
	}
	return l
}

// taskMain is what a task's goroutine was started with.
const taskMain = "github.com/go-quiesce/quiesce/scope.(*node).main"
