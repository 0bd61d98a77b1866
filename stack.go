// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/internal/goroutine"
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
	stacks, err := goroutine.Profile(func(l goroutine.Labels) bool { return l.Get(labelKey) != "" })
	if err != nil {
		text := "no stack: " + err.Error()
		return func(string, HookKind) string { return text }
	}
	byLabel := map[string][]goroutine.Stack{}
	for _, s := range stacks {
		byLabel[s.Label(labelKey)] = append(byLabel[s.Label(labelKey)], s)
	}
	return func(label string, k HookKind) string { return findStack(byLabel[label], k) }
}

// enterNames are the functions through which hooks are called; see enter.
var enterNames = [numSlots]string{
	HookStart:    "quiesce.enterStart",
	HookRun:      "quiesce.enterRun",
	HookAnnounce: "quiesce.enterAnnounce",
	HookDrain:    "quiesce.enterDrain",
	HookStop:     "quiesce.enterStop",
}

// findStack returns, of the goroutines with a hook's label, the frames of the one
// whose lower frames contain our runner: one that the hook has launched carries
// the label too, but began elsewhere.
func findStack(stacks []goroutine.Stack, k HookKind) string {
	for _, s := range stacks {
		for i, f := range s.Frames {
			if strings.HasSuffix(f.Function, enterNames[k]) {
				s.Frames = s.Frames[:i]
				return s.Text()
			}
		}
	}
	return "no stack: the hook has changed its goroutine's labels"
}
