// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/internal/goroutine"
	"github.com/go-quiesce/quiesce/scope"
)

// A LeakClass is what is known of a goroutine that is still there.
type LeakClass string

const (
	LeakProven   LeakClass = "proven"   // the garbage collector has proved that nothing can wake it
	LeakOverstay LeakClass = "overstay" // a task, and its scope was cancelled or its test is over
	LeakOrphan   LeakClass = "orphan"   // nobody owns it: started with a bare go statement
	LeakGrowing  LeakClass = "growing"  // there are more of them each time; see [NoGrowth]
	LeakIdle     LeakClass = "idle"     // a task of an open scope: normal
)

// leakClasses in the order in which they are told: the surest first.
var leakClasses = []LeakClass{LeakProven, LeakOverstay, LeakOrphan, LeakGrowing, LeakIdle}

// A Leak is some goroutines in one place that are of the same class: their number, what
// they wait in, and their stack. It may be copied.
type Leak struct {
	// Class is what is known of them.
	Class LeakClass `json:"class"`
	// Orphan says that they are not tasks themselves. Scope and Task are then
	// whose task has started them, directly or not.
	Orphan bool `json:"orphan,omitempty"`
	// Scope and Task are the path and the name, empty if no scope has to do with it.
	Scope string `json:"scope,omitempty"`
	Task  string `json:"task,omitempty"`
	// Age is that of the oldest task, 0 if that is not known.
	Age time.Duration `json:"age,omitempty"`
	// Cancelled is the time since the scope was cancelled, 0 if it was not or that is
	// not known.
	Cancelled time.Duration `json:"cancelled,omitempty"`
	// Cause is why the scope was cancelled.
	Cause string `json:"cause,omitempty"`
	// Stack has their number and where they are. Its text is empty for a task whose
	// goroutine was not found, which happens if that has set labels of its own.
	scope.Stack

	labels goroutine.Labels
}

// Classify returns what a survey tells about leaks: what tasks are still running and
// what they have started, each stack by itself. Only a survey with stacks knows of
// proofs and orphans: that of [scope.Scope.Inspect] or of a [scope.UnstoppedError].
// That something is growing takes several: see [NoGrowth].
func Classify(v *scope.Survey) []Leak {
	var leaks []Leak
	for _, g := range v.Groups {
		l := Leak{
			Class: LeakIdle, Scope: g.Scope, Task: g.Task, Age: g.Oldest,
			Cancelled: g.Cancelled, Cause: g.Cause, labels: labelsOf(g.Scope, g.Task),
		}
		if g.Cancelled > 0 {
			l.Class = LeakOverstay
		}
		unseen := g.Count
		for _, s := range g.Stacks {
			leaks = l.with(s).split(leaks)
			unseen -= s.Count
		}
		if unseen > 0 {
			leaks = append(leaks, l.with(scope.Stack{Count: unseen}))
		}
	}
	for _, o := range v.Orphans {
		l := Leak{Class: LeakOrphan, Orphan: true, Scope: o.Scope, Task: o.Task, labels: labelsOf(o.Scope, o.Task)}
		leaks = l.with(o.Stack).split(leaks)
	}
	return leaks
}

func labelsOf(path, task string) goroutine.Labels {
	return goroutine.Labels{{Key: scope.LabelScope, Value: path}, {Key: scope.LabelTask, Value: task}}
}

func (l Leak) with(s scope.Stack) Leak {
	l.Stack = s
	return l
}

// split appends l, as two leaks if some of the goroutines are proven and some are not.
func (l Leak) split(to []Leak) []Leak {
	if l.Proven > 0 {
		proven := l
		proven.Class, proven.Count = LeakProven, l.Proven
		to = append(to, proven)
	}
	if rest := l.Count - l.Proven; rest > 0 {
		l.Count, l.Proven = rest, 0
		to = append(to, l)
	}
	return to
}

// String returns a line with the class, the number, what they wait in and whose they
// are, and a line for each call on the stack. The outermost is where they began.
func (l Leak) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d", l.Class, l.Count)
	if l.Blocked != "" {
		fmt.Fprintf(&b, " in %s", l.Blocked)
	}
	if l.Class == LeakProven {
		b.WriteString(", can never wake")
	}
	b.WriteString(l.owner())
	if l.Age > 0 {
		fmt.Fprintf(&b, ", %v old", l.Age.Round(time.Microsecond))
	}
	if l.Cancelled > 0 {
		fmt.Fprintf(&b, ", cancelled %v ago: %s", l.Cancelled.Round(time.Microsecond), l.Cause)
	}
	b.WriteByte('\n')
	for line := range strings.Lines(l.Text) {
		b.WriteString("    " + line)
	}
	return b.String()
}

// owner says whose the goroutines are, by their labels.
func (l Leak) owner() string {
	var b strings.Builder
	switch {
	case l.Scope == "" && l.Task == "":
	case l.Orphan:
		fmt.Fprintf(&b, ", started in task %q of %q", l.Task, l.Scope)
	default:
		fmt.Fprintf(&b, ", task %q of %q", l.Task, l.Scope)
	}
	for _, label := range l.labels {
		if key := label.Key; key != scope.LabelScope && key != scope.LabelTask {
			fmt.Fprintf(&b, ", %s %q", key, label.Value)
		}
	}
	return b.String()
}
