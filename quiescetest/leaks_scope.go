// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/scope"
)

// NoLeaksIn fails the test if there are leaks in a scope or below it now: tasks that
// still run although their scope was cancelled or closed, goroutines that tasks have
// started and left, and tasks of which the runtime can prove that they never wake.
// Tasks of an open scope that are idle are none. It waits for an end of those as
// [NoLeaks] does, and can be called at any time, as often as wanted.
//
// It knows goroutines by the scope's path. If there are other scopes of that, in a test
// that runs at the same time, the orphans of these are reported too.
func NoLeaksIn(t testing.TB, s *scope.Scope, opts ...LeakOption) {
	t.Helper()
	c := newLeakCheck(opts)
	f := &finding{}
	c.settle(func() bool {
		c.inspect(f, s)
		return len(f.leaks) > 0
	})
	for _, note := range f.allowed {
		t.Log(note)
	}
	if text := f.text(); text != "" {
		t.Errorf("quiescetest: %s: scope %q has %s", t.Name(), s.Path(), text)
	}
}

// inspect finds the leaks of a scope.
func (c *leakCheck) inspect(f *finding, s *scope.Scope) {
	v := s.Inspect()
	var leaks []Leak
	for _, l := range Classify(v) {
		if l.Class != LeakIdle {
			leaks = append(leaks, l)
		}
	}
	*f = finding{note: v.Note}
	f.leaks, f.allowed = c.drop(leaks)
}

// minSamples is the least that tells a trend from a first use.
const minSamples = 3

// NoGrowth calls step some times, at least three, and fails the test if after each call
// there are more goroutines in one place of a scope or below it: tasks of one name, or
// what they have started, that wait in the same line. Some step leaves for ever what it
// should not. Step may leave goroutines that end by themselves: for these it waits at the
// end as [NoLeaks] does.
//
// It finds leaks that no other check does, of a server that goes on while it is tested:
//
//	quiescetest.NoGrowth(t, s, 5, func() { get(t, url) })
//
// If step ends the test with t.FailNow, NoGrowth does not return.
func NoGrowth(t testing.TB, s *scope.Scope, times int, step func(), opts ...LeakOption) {
	t.Helper()
	c := newLeakCheck(opts)
	g := growth{}
	g.sample(c.places(s))
	for range max(times, minSamples) {
		step()
		g.sample(c.places(s))
	}
	var leaks []Leak
	c.settle(func() bool {
		leaks = g.grown(c.places(s))
		return len(leaks) > 0
	})
	if len(leaks) > 0 {
		t.Errorf("quiescetest: %s: scope %q has more with each of %d calls: %s",
			t.Name(), s.Path(), max(times, minSamples), describe(leaks, ""))
	}
}

// A growth follows how many goroutines there are in each place.
type growth struct {
	samples []map[string]Leak
}

func (g *growth) sample(places map[string]Leak) { g.samples = append(g.samples, places) }

// grown returns the places where there were more in each sample, and where there are as
// many now as if each had left one.
func (g *growth) grown(now map[string]Leak) []Leak {
	var leaks []Leak
	for place, l := range now {
		if l.Count >= g.samples[0][place].Count+len(g.samples)-1 && g.rises(place) {
			l.Class = LeakGrowing
			leaks = append(leaks, l)
		}
	}
	return leaks
}

func (g *growth) rises(place string) bool {
	for i := range len(g.samples) - 1 {
		if g.samples[i][place].Count >= g.samples[i+1][place].Count {
			return false
		}
	}
	return true
}

// places counts what is in a scope by task and line, with one of the stacks for each.
func (c *leakCheck) places(s *scope.Scope) map[string]Leak {
	at := make(map[string]Leak)
	leaks, _ := c.drop(Classify(s.Inspect()))
	for _, l := range leaks {
		top, _, _ := strings.Cut(l.Text, "\n")
		place := fmt.Sprintf("%q %q %v %s %s", l.Scope, l.Task, l.Orphan, l.Blocked, top)
		l.Count += at[place].Count
		at[place] = l
	}
	return at
}
