// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// short is a grace period that the drill need not wait long for, as it will have to.
var short = []string{"--grace", "500ms"}

// brokenExits do not end as they should. Their requests are all answered, unless the
// drill has to end them.
func brokenExits() []species {
	return slices.Concat(brokenEnds(), brokenAtStart(), brokenSignals())
}

// killed are the checks that may fail too when the drill has to end the server: who was
// in it has no answer.
var killed = append([]string{"exits", "exits-in-time"}, anyLost...)

func brokenEnds() []species {
	return []species{
		{
			Name: "no-handler", About: "is ended by the signal itself", Finds: []string{"exit-code"}, Also: anyLost, URL: overHTTP,
			run: func(z *zoo) int {
				l := z.newLife(nil)
				signal.Reset()
				<-l.leave // never
				return 0
			},
		},
		{
			Name: "ignores-term", About: "takes no notice of SIGTERM", Finds: []string{"exits"}, Also: killed, URL: overHTTP, Flags: short,
			run: func(z *zoo) int {
				l := z.newLife(nil)
				signal.Ignore(syscall.SIGTERM)
				<-l.leave
				return 0
			},
		},
		{
			Name: "exits-late", About: "takes longer than its grace period", Finds: []string{"exits-in-time"}, Also: []string{"exits"}, URL: overHTTP,
			Flags: short, run: after(func() int { time.Sleep(30 * time.Second); return 0 }),
		},
		{Name: "exits-1", About: "exits with 1 after a clean stop", Finds: []string{"exit-code"}, URL: overHTTP, run: after(func() int { return 1 })},
		{
			Name: "panics-last", About: "panics when everything is done", Finds: []string{"exit-code"}, URL: overHTTP,
			run: after(func() int { panic("in a deferred function, say") }),
		},
	}
}

// starting is how long the servers take to start that are broken while they do, and
// halfway is a signal in the middle of it.
const starting = 300 * time.Millisecond

var halfway = []string{"--replay", "start/TERM@150ms", "--rounds", "4"}

func brokenAtStart() []species {
	return []species{
		{
			Name: "deaf-at-start", About: "throws away a signal that comes while it starts", Finds: []string{"at-start"}, Also: killed, URL: overHTTP,
			Flags: slices.Concat(halfway, []string{"--grace", "500ms"}),
			run: func(z *zoo) int {
				signal.Ignore(syscall.SIGTERM)
				time.Sleep(starting) // migrations
				signal.Reset(syscall.SIGTERM)
				return correct(z)
			},
		},
		{
			Name: "half-started", About: "leaves a child if the signal comes while it starts", Finds: []string{"at-start", "no-process-left"},
			Also: []string{"no-zombie-left"}, // a child that has not become its program yet dies with it
			URL:  overHTTP, Flags: halfway,
			run: func(z *zoo) int {
				child := start("sleep", "1000")
				time.Sleep(starting)
				defer end(child)
				return correct(z)
			},
		},
	}
}

// twice is the repeated signal, with time to see that it is swallowed.
var twice = append(only("twice,term_int", "5"), "--grace", "2s")

func brokenSignals() []species {
	return []species{
		{
			Name: "swallows-the-second", About: "waits without a bound and takes no notice of a second signal", URL: overHTTP,
			Finds: []string{"repeated-signal", "term-then-int"}, Also: killed, Flags: slices.Concat(twice, delayed),
			run: byHand(saysGoodbye, patient),
		},
		{
			Name: "drops-all-on-the-second", About: "exits at once on a second signal, and leaves its child", URL: overHTTP,
			Finds: []string{"no-process-left"}, Also: []string{"repeated-signal", "term-then-int"}, Flags: slices.Concat(twice, delayed),
			run: byHand(saysGoodbye, func(l *life) int {
				child := start("sleep", "1000")
				l.await()
				go func() { <-l.signals; os.Exit(1) }()
				l.leaveSlowly()
				l.shutdown(time.Hour)
				end(child)
				return 0
			}),
		},
		{
			Name: "dies-of-hup", About: "is ended by a hangup", Finds: []string{"survives-hup"}, Also: append([]string{"exit-code"}, anyLost...),
			URL: overHTTP, Flags: slices.Concat(only("hup", "12"), delayed),
			run: byHand(saysGoodbye, func(l *life) int { signal.Reset(syscall.SIGHUP); return careful(l) }),
		},
		{
			Name: "exits-on-usr1", About: "takes USR1 for an order to exit", Finds: []string{"survives-usr1", "exit-code"}, Also: anyLost,
			URL: overHTTP, Flags: slices.Concat(only("usr1", "12"), delayed),
			run: byHand(saysGoodbye, func(l *life) int {
				usr1 := make(chan os.Signal, 1)
				signal.Notify(usr1, syscall.SIGUSR1)
				go func() { <-usr1; os.Exit(1) }()
				return careful(l)
			}),
		},
		{
			Name: "behind-a-shell", About: "is never told, because a shell is its parent", Finds: []string{"behind-shell"},
			Also: append([]string{"exit-code", "no-process-left", "no-socket-left"}, killed...), URL: overHTTP,
			Flags: slices.Concat(only("shell", "4"), short), run: correct,
		},
	}
}

// patient is careful, and waits without a bound.
func patient(l *life) int {
	l.await()
	l.leaveSlowly()
	l.shutdown(time.Hour)
	return 0
}

// after is correct, and then f.
func after(f func() int) func(*zoo) int {
	return func(z *zoo) int {
		correct(z)
		return f()
	}
}
