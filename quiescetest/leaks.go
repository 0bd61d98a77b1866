// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/internal/goroutine"
)

/*
Whose is a goroutine? The runtime does not say who started it, but it hands profiler
labels on from each goroutine to those that it starts. So a test's goroutine gets a
label of its own, and everything that has this label when the test is over was
started by it, by what it started, and so on. Nothing is compared with what was there
before, and so it does not matter what other tests do at the same time.

The labels are lost where somebody sets others without looking: pprof.Do with a
context that does not have them, and package scope under such a context. Therefore
NoLeaks returns a context that has them.
*/

// NoLeaks fails the test if goroutines that it has started, directly or not, are
// still there when it is over. Call it first, on the test's goroutine:
//
//	func TestCache(t *testing.T) {
//		t.Parallel()
//		ctx := quiescetest.NoLeaks(t)
//		...
//
// The goroutine gets the profiler label [LabelTest], which all that it starts inherit;
// nothing process-wide is looked at. So it works in parallel tests: none is blamed for
// another's goroutines. What a subtest starts is its own matter if that calls NoLeaks
// too, and its parent's if not. It works in benchmarks, and in testing/synctest bubbles,
// where waiting takes no time.
//
// The check is a cleanup, the last one if NoLeaks was called first: what other cleanups
// stop counts as stopped. It waits, looking again at growing intervals, for as long as
// [WithPatience] says, until everything has ended. What is left is described by
// [Leak]s. Where the runtime can prove that a goroutine can never wake, it is asked to
// (a garbage collection or two, only if the test is going to fail), otherwise the text
// says so.
//
// The context is that of the test, with the label. What sets labels of its own
// must be given it, or one that descends from it, so that it does not take the label
// away: pprof.Do, [scope.New], [quiesce.App.Run]. [Run], [Start] and [AssertStops] do
// this by themselves. If the test's goroutine itself has lost it, the log of the test
// says so.
//
// A goroutine that belongs to no test, but was started by the first that needed it, is
// blamed on that one. Those of the standard library are known: see [RunNoLeaks].
// For others there are [AllowGoroutine] and [AllowLabel]. Functions that timers call
// (time.AfterFunc) have no labels, and are not seen; [RunNoLeaks] sees them. In a bubble
// nothing is ever proved.
//
// [scope.New]: https://pkg.go.dev/github.com/go-quiesce/quiesce/scope#New
func NoLeaks(t testing.TB, opts ...LeakOption) context.Context {
	t.Helper()
	c := newLeakCheck(opts)
	label, forget := enter(t.Name())
	c.keep = func(l goroutine.Labels) bool { return l.Get(LabelTest) == label }
	ctx := pprof.WithLabels(t.Context(), pprof.Labels(LabelTest, label))
	pprof.SetGoroutineLabels(ctx)
	t.Cleanup(func() {
		t.Helper()
		forget()
		found := c.check()
		for _, note := range found.allowed {
			t.Log(note)
		}
		if !found.self {
			t.Log("quiescetest: the test's goroutine has lost its label, to pprof.Do for example: " +
				"what it started since was not looked at; use the context that NoLeaks returns")
		}
		if text := found.text(); text != "" {
			t.Errorf("quiescetest: %s has left %s", t.Name(), text)
		}
	})
	return ctx
}

// A finding is what a check found in the end.
type finding struct {
	leaks   []Leak
	note    string   // why there are no proofs
	allowed []string // what was found and allowed
	self    bool     // the goroutine that checks was among what was looked at
	err     error
}

// text describes the leaks, "" if there are none.
func (f *finding) text() string {
	if f.err != nil {
		return "nobody knows what: " + f.err.Error()
	}
	return describe(f.leaks, f.note)
}

// describe returns "3 goroutines (2 proven, 1 orphan)" and a paragraph for each leak.
func describe(leaks []Leak, note string) string {
	if len(leaks) == 0 {
		return ""
	}
	total := 0
	var counts []string
	var b strings.Builder
	for _, class := range leakClasses {
		n := 0
		for _, l := range leaks {
			if l.Class == class {
				n += l.Count
				b.WriteString(l.String())
			}
		}
		if n > 0 {
			total += n
			counts = append(counts, fmt.Sprintf("%d %s", n, class))
		}
	}
	if note != "" {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	return fmt.Sprintf("%s (%s)\n%s", plural(total), strings.Join(counts, ", "), b.String())
}

func plural(n int) string {
	if n == 1 {
		return "1 goroutine"
	}
	return fmt.Sprintf("%d goroutines", n)
}
