// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/internal/goroutine"
)

// An UnstoppedError says which tasks still ran when [Scope.Close] had no time left.
type UnstoppedError struct {
	Scope  string        // path of the scope that was closed
	After  time.Duration // since Close was called
	Cause  error         // why it could not wait any longer
	Survey *Survey       // who still runs, and where
}

// maxNamed is how many groups the text of an error names.
const maxNamed = 8

// Error names the tasks, in one line.
func (e *UnstoppedError) Error() string {
	groups := e.Survey.Groups
	names := make([]string, 0, maxNamed)
	for _, g := range groups[:min(len(groups), maxNamed)] {
		names = append(names, g.title())
	}
	more := ""
	if len(groups) > maxNamed {
		more = fmt.Sprintf(" and %d more", len(groups)-maxNamed)
	}
	return fmt.Sprintf("scope: close %q: still running after %v: %s%s: %v",
		e.Scope, round(e.After), strings.Join(names, ", "), more, e.Cause)
}

// Unwrap returns the cause.
func (e *UnstoppedError) Unwrap() error { return e.Cause }

// LogValue makes a group for package slog: the scope, the time and the tasks.
func (e *UnstoppedError) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("scope", e.Scope),
		slog.Duration("after", e.After),
		slog.String("cause", textOf(e.Cause)),
		slog.Any("tasks", e.Survey),
	)
}

// A Stack is where some goroutines are.
type Stack struct {
	Count   int    `json:"count"`             // goroutines with this stack
	Blocked string `json:"blocked,omitempty"` // what they wait in: "chan receive", "IO wait", "sync.Mutex.Lock"
	Proven  int    `json:"proven,omitempty"`  // of how many the garbage collector has proved that they can never wake
	Text    string `json:"text"`              // a line "function file:line" for each call, the innermost first
}

// An Orphan is goroutines that tasks of one name have started with bare go
// statements. They carry its labels, and nobody owns them.
type Orphan struct {
	Scope string `json:"scope"` // path of the tasks' scope
	Task  string `json:"task"`  // their name
	Stack
}

// unstopped surveys the abandoned.
func (s *Scope) unstopped() *Survey {
	v := s.survey(func(n *node) bool { return n.abandoned })
	v.addStacks(s)
	return v
}

// Inspect is [Scope.Survey] with the stacks of the tasks, and the goroutines that
// they have started with bare go statements. Scopes of the same path are not told
// apart in these.
//
// It takes a goroutine profile, which stops the world twice for a moment and costs
// microseconds of CPU for each goroutine of the process. Where the runtime has the
// profile "goroutineleak" (Go 1.27; Go 1.26 with GOEXPERIMENT=goroutineleakprofile),
// it also runs a garbage collection to see which of them can never wake. Above
// 200,000 goroutines it does neither, and [Survey].Note says so.
func (s *Scope) Inspect() *Survey {
	v := s.survey(nil)
	v.Sched = readSched()
	v.addStacks(s)
	return v
}

// maxProfiled is the number of goroutines above which no profile is taken: that of a
// million takes four seconds.
const maxProfiled = 200_000

// addStacks completes a survey of s.
func (v *Survey) addStacks(s *Scope) {
	if len(v.Groups) == 0 && len(v.Scopes) == 0 {
		return
	}
	if n := runtime.NumGoroutine(); n > maxProfiled {
		v.Note = fmt.Sprintf("no stacks: %d goroutines are too many for a profile", n)
		return
	}
	below := s.path + "/"
	keep := func(l goroutine.Labels) bool {
		path, ok := scopeOf(l)
		return ok && (path == s.path || strings.HasPrefix(path, below))
	}
	stacks, err := goroutine.Profile(keep)
	if err != nil {
		v.Note = "no stacks: " + err.Error()
		return
	}
	proofs := proofs{}
	if goroutine.HasLeakProfile() {
		leaked, err := goroutine.LeakProfile(keep)
		if err != nil {
			v.Note = "no proof: " + err.Error()
		}
		proofs.add(leaked)
	}
	v.assign(stacks, proofs)
}

// scopeOf returns the path among a goroutine's labels. A path may be empty, which is
// not the same as none.
func scopeOf(labels goroutine.Labels) (path string, ok bool) {
	for _, l := range labels {
		if l.Key == LabelScope {
			return l.Value, true
		}
	}
	return "", false
}

// assign gives each group its stacks; those of goroutines that no scope has started
// are orphans.
func (v *Survey) assign(stacks []goroutine.Stack, proofs proofs) {
	groups := make(map[place]*Group, len(v.Groups))
	for i := range v.Groups {
		g := &v.Groups[i]
		groups[place{g.Scope, g.Task}] = g
	}
	for _, found := range stacks {
		at := placeOf(found)
		stack := Stack{Count: found.Count, Blocked: found.Blocked(), Text: found.Text(), Proven: proofs.take(found)}
		g := groups[at]
		switch {
		case !isTask(found):
			v.Orphans = append(v.Orphans, Orphan{Scope: at.scope, Task: at.task, Stack: stack})
		case g != nil:
			g.Stacks = append(g.Stacks, stack)
		}
	}
}

// A place is what a goroutine's labels say of it.
type place struct{ scope, task string }

func placeOf(s goroutine.Stack) place { return place{s.Label(LabelScope), s.Label(LabelTask)} }

// taskMain calls a task's function: at the outer end of the stack, or on that of the
// caller of Do.
const taskMain = "github.com/go-quiesce/quiesce/scope.(*node).main"

// maxDepth is the depth above which the runtime leaves out a stack's outermost
// functions: of who is deeper it is not known whether he is a task.
const maxDepth = 128

// isTask reports whether the goroutine is that of a task, and not one that a task has
// started.
func isTask(s goroutine.Stack) bool {
	for i := range s.Frames {
		if s.Frames[i].Function == taskMain {
			return true
		}
	}
	return len(s.Frames) >= maxDepth
}

// proofs count the goroutines that can never wake, by place and stack.
type proofs map[string]int

func (p proofs) add(leaked []goroutine.Stack) {
	for _, s := range leaked {
		p[proofKey(s)] += s.Count
	}
}

// take returns how many of the goroutines with this stack are proven, each once.
func (p proofs) take(s goroutine.Stack) int {
	key := proofKey(s)
	n := min(p[key], s.Count)
	p[key] -= n
	return n
}

// proofKey is without the runtime's functions on top, which differ when a goroutine
// has just been looked at by the garbage collector.
func proofKey(s goroutine.Stack) string {
	at := placeOf(s)
	return at.scope + "\x00" + at.task + "\x00" + s.Text()
}
