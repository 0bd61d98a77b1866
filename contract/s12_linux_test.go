// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"weak"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// forgotten is how many channels s12 registers.
const forgotten = 10000

// s12 is about a Notify without Stop.
func s12() claim.Claim {
	return claim.Claim{
		ID:       "S12",
		Told:     "A Notify without a Stop keeps a goroutine and an OS thread for ever, blocks the heap, and the garbage collector cannot free the channel.",
		Programs: map[string]func(){"many": notifyMany, "garbage": notifyAndForget},
		Trial: func(x *claim.Trial) {
			many := answers(x, x.Run("many"))
			n := func(name string) int {
				v, err := strconv.Atoi(many[name])
				if err != nil {
					x.Fatalf("%s: %q", name, many[name])
				}
				return v
			}
			oneGoroutine := n("goroutines after the first") == n("goroutines before")+1
			perNotify := n("goroutines after all") - n("goroutines after the first")
			threads := n("threads after all") - n("threads after the first")
			goroutineEnds := n("goroutines after Stop") <= n("goroutines before")
			thread := many["signal thread before"] == "false" && many["signal thread after the first"] == "true"
			threadEnds := many["signal thread after Stop"] == "false"
			x.Told(oneGoroutine, "the first Notify of a program starts a goroutine that stays")
			x.Told(thread, "the first Notify of a program starts an OS thread that stays")
			x.Told(perNotify >= forgotten, "every further Notify keeps a goroutine")
			x.Told(threads >= forgotten, "every further Notify keeps an OS thread")
			x.Told(goroutineEnds, "Stop would have ended the goroutine")
			x.Told(threadEnds, "Stop would have ended the thread")
			x.Fact(oneGoroutine && thread && perNotify == 0 && threads < 100 && !goroutineEnds && !threadEnds,
				"The first Notify of a program starts one goroutine (os/signal.loop) and one thread that changes its signal mask (runtime/signal_unix.go, ensureSigM). 10000 further channels do not start more, and a Stop of all of them ends neither.")
			x.Measured(n("bytes a channel") > 0 && n("bytes a channel") < 1024, "What a forgotten channel costs is its own memory and an entry in a map, less than 1 KiB.", "%d bytes each", n("bytes a channel"))
			x.Fact(n("copies") == forgotten && many["alive"] == "true",
				"Every forgotten channel still gets its copy of each signal while it has room, and SIGTERM no longer ends the program although nobody will ever receive it.")

			g := answers(x, x.Run("garbage"))
			x.Told(g["without Notify"] != "collected", "the collector frees nothing else any more")
			x.Told(g["Notify"] != "collected", "the collector cannot free the channel")
			x.Fact(g["Notify"] == "kept" && g["Notify and Stop"] == "collected" && g["without Notify"] == "collected",
				"A registered channel that the program has forgotten is kept, with what is in its buffer: the map of os/signal refers to it. After Stop it is collected. So is other garbage, all the time.")
		},
		So:      "The leak of a missing Stop is small; what it does to the signal is not: as long as one channel is registered the default action is off. In main, for the life of the program, that is what you want. Everywhere else Stop belongs next to Notify.",
		Covered: []string{"sigmux.NotifyContext", "sigmux.Mux.Close"},
		Vet:     "signal.Notify outside of main whose channel no signal.Stop ever gets",
	}
}

// notifyMany registers many channels and looks at what that costs.
func notifyMany() {
	look := func(when string) {
		answer("goroutines "+when, runtime.NumGoroutine())
		answer("signal thread "+when, hasSignalThread())
		answer("threads "+when, len(threadMasks(os.Getpid())))
	}
	look("before")
	channels := []chan os.Signal{notified(1, syscall.SIGTERM)}
	served() // the goroutine runs
	look("after the first")
	before := liveHeap()
	for range forgotten - 1 {
		channels = append(channels, notified(1, syscall.SIGTERM))
	}
	answer("bytes a channel", (liveHeap()-before)/forgotten)
	look("after all")
	deliver(syscall.SIGTERM)
	answer("alive", true)
	copies := 0
	for _, c := range channels {
		copies += len(c)
		signal.Stop(c)
	}
	answer("copies", copies)
	look("after Stop")
}

// hasSignalThread reports whether this process has the thread in which the
// runtime changes the signal mask: it blocks what is not taken. SIGTERM is
// blocked only during a handler.
func hasSignalThread() bool {
	for _, m := range threadMasks(os.Getpid()) {
		if m.blocked.has(syscall.SIGUSR2) && !m.blocked.has(syscall.SIGTERM) {
			return true
		}
	}
	return false
}

// liveHeap returns the bytes in use after a collection.
func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A token is in the buffer of a channel and lives as long as that.
type token struct{ _ [64]byte } // not a tiny object, which could share its block

func (*token) String() string { return "token" }
func (*token) Signal()        {}

// notifyAndForget says whether channels are collected.
func notifyAndForget() {
	for _, try := range []struct {
		name     string
		register func(chan os.Signal)
	}{
		{"Notify", func(c chan os.Signal) { signal.Notify(c, syscall.SIGTERM) }},
		{"Notify and Stop", func(c chan os.Signal) { signal.Notify(c, syscall.SIGTERM); signal.Stop(c) }},
		{"without Notify", func(chan os.Signal) {}},
	} {
		t := forget(try.register)
		runtime.GC()
		runtime.GC() // the second finds nothing of the first in any register
		state := "kept"
		if t.Value() == nil {
			state = "collected"
		}
		answer(try.name, state)
	}
}

// forget makes a channel, and keeps no reference to it or what is in it.
//
//go:noinline
func forget(register func(chan os.Signal)) weak.Pointer[token] {
	c, t := make(chan os.Signal, 1), new(token)
	c <- t
	register(c)
	return weak.Make(t)
}
