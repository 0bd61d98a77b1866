// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"bytes"
	"context"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// The stack of a hook that hangs is found in the goroutine profile, by the
// label that its goroutine carries. Unlike runtime.Stack of all goroutines the
// profile stops the world only twice and shortly.

// labelKey is the profiler label under which every goroutine of an app has its
// name: "shop#1/db". The number tells apps of one process apart.
const labelKey = "quiesce"

// maxProfiled is the number of goroutines above which no profile is taken: at
// 100,000 it takes up to a second of CPU.
const maxProfiled = 20_000

// stackPatience bounds how long the end of a stop waits for a profile.
const stackPatience = 50 * time.Millisecond

// labelled returns the context with the values given to Run and the node's label.
func (a *App) labelled(n *node) context.Context {
	return pprof.WithLabels(a.values, pprof.Labels(labelKey, n.labelledName()))
}

// ownLabels is the same for the app's own goroutines.
func (a *App) ownLabels(what string) context.Context {
	return pprof.WithLabels(context.Background(), pprof.Labels(labelKey, a.label+" "+what))
}

// A stackTaker finds the stacks of hooks that hang: one profile at a time, for
// all that hang, on a goroutine of its own. It is guarded by App.mu.
type stackTaker struct {
	wanted []*flight
	busy   bool
	idle   chan struct{} // closed when nothing is wanted any more; nil if nothing was
}

// wantStackLocked asks for the stack of an abandoned hook.
func (a *App) wantStackLocked(f *flight) {
	t := &a.stacks
	t.wanted = append(t.wanted, f)
	if !t.busy {
		t.busy = true
		t.idle = make(chan struct{})
		go a.takeStacks()
	}
}

func (a *App) takeStacks() {
	pprof.SetGoroutineLabels(a.ownLabels("stacks"))
	for {
		a.mu.Lock()
		t := &a.stacks
		wanted := t.wanted
		t.wanted = nil
		if len(wanted) == 0 || a.isOver() {
			t.busy = false
			close(t.idle)
			a.mu.Unlock()
			return
		}
		a.mu.Unlock()
		find := profileStacks()
		for _, f := range wanted {
			stack := find(f.node.labelledName(), f.kind)
			f.slot().amend(func(d *detail) { d.stack = stack })
		}
	}
}

// awaitStacks gives a profile that is being taken a moment to be done.
func (a *App) awaitStacks() {
	a.mu.Lock()
	idle := a.stacks.idle
	a.mu.Unlock()
	if idle == nil {
		return
	}
	timer := time.NewTimer(min(stackPatience, max(0, a.timeLeft()/2)))
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	}
}

// profileStacks takes a profile and returns a function that looks a hook up.
func profileStacks() func(label string, k HookKind) string {
	if n := runtime.NumGoroutine(); n > maxProfiled {
		text := "no stack: " + strconv.Itoa(n) + " goroutines are too many for a profile"
		return func(string, HookKind) string { return text }
	}
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		text := "no stack: " + err.Error()
		return func(string, HookKind) string { return text }
	}
	records := strings.Split(profile.String(), "\n\n")
	return func(label string, k HookKind) string { return findStack(records, label, k) }
}

// enterNames are the functions through which hooks are called; see enter.
var enterNames = [numSlots]string{
	HookStart:    ".enterStart+",
	HookRun:      ".enterRun+",
	HookAnnounce: ".enterAnnounce+",
	HookDrain:    ".enterDrain+",
	HookStop:     ".enterStop+",
}

// findStack returns the frames of the goroutine that carries the label and
// whose lower frames contain our runner: one that the hook has launched
// carries the label too, but began elsewhere.
func findStack(records []string, label string, k HookKind) string {
	for _, record := range records {
		lines := strings.Split(record, "\n")
		if !hasLabel(lines, label) {
			continue
		}
		for i, line := range lines {
			if strings.Contains(line, enterNames[k]) && strings.Contains(line, "quiesce.enter") {
				return frames(lines[:i])
			}
		}
	}
	return "no stack: the hook has changed its goroutine's labels"
}

// hasLabel reports whether a record of the profile's text form carries the label.
// Labels are written as a line `# labels: {"key":"value", …}`, each with %q.
func hasLabel(lines []string, label string) bool {
	pair := strconv.Quote(labelKey) + ":" + strconv.Quote(label)
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, "# labels: {"); ok {
			return strings.Contains(rest, pair)
		}
	}
	return false
}

// frames turns the profile's lines "#	0xADDRESS	function+0x1f	file:line"
// into "function file:line".
func frames(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		fields := strings.Split(line, "\t")
		if len(fields) < 4 || fields[0] != "#" {
			continue
		}
		name, _, _ := strings.Cut(fields[2], "+0x")
		b.WriteString(name + " " + shortFile(fields[len(fields)-1]) + "\n")
	}
	return b.String()
}
