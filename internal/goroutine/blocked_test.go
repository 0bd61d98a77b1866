// SPDX-License-Identifier: Apache-2.0

package goroutine

import (
	"iter"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A blocker returns a function that blocks until the test ends.
type blocker func(t *testing.T) func()

// blockers are ways to wait, and what the runtime calls each.
var blockers = []struct {
	name  string
	block blocker
	want  string
}{
	{"channel receive", receive(func(c chan int) { <-c }), "chan receive"},
	{"channel range", receive(func(c chan int) {
		for range c {
		}
	}), "chan receive"},
	{"in a generic function", receive(receiveFrom[int]), "chan receive"},
	{"select", receive(func(c chan int) {
		select {
		case <-c:
		case <-time.After(time.Hour):
		}
	}), "select"},
	{"channel send", func(t *testing.T) func() {
		c := make(chan int)
		t.Cleanup(func() { <-c })
		return func() { c <- 1 }
	}, "chan send"},
	{"empty select", func(*testing.T) func() { return func() { select {} } }, "select (no cases)"}, // for ever
	{"mutex", func(t *testing.T) func() {
		var mu sync.Mutex
		mu.Lock()
		t.Cleanup(mu.Unlock)
		return mu.Lock
	}, "sync.Mutex.Lock"},
	{"once", func(t *testing.T) func() {
		var once sync.Once
		enough, begun := make(chan struct{}), make(chan struct{})
		go once.Do(func() { close(begun); <-enough })
		<-begun
		t.Cleanup(func() { close(enough) })
		return func() { once.Do(func() {}) }
	}, "sync.Mutex.Lock"},
	{"read lock", func(t *testing.T) func() {
		var mu sync.RWMutex
		mu.Lock()
		t.Cleanup(mu.Unlock)
		return mu.RLock
	}, "sync.RWMutex.RLock"},
	{"write lock", func(t *testing.T) func() {
		var mu sync.RWMutex
		mu.RLock()
		t.Cleanup(mu.RUnlock)
		return mu.Lock
	}, "sync.RWMutex.Lock"},
	{"condition", func(t *testing.T) func() {
		cond := sync.NewCond(new(sync.Mutex))
		t.Cleanup(func() {
			cond.L.Lock() // after Wait has begun
			defer cond.L.Unlock()
			cond.Broadcast()
		})
		return func() {
			cond.L.Lock()
			defer cond.L.Unlock()
			cond.Wait()
		}
	}, "sync.Cond.Wait"},
	{"wait group", func(t *testing.T) func() {
		var wg sync.WaitGroup
		wg.Add(1)
		t.Cleanup(wg.Done)
		return wg.Wait
	}, "sync.WaitGroup.Wait"},
	{"network", func(t *testing.T) func() {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ln.Close() })
		return func() { ln.Accept() }
	}, "IO wait"},
	{"coroutine", receive(func(c chan int) {
		next, stop := iter.Pull(func(func(int) bool) { <-c })
		defer stop()
		next()
	}), "coroutine"},
	{"busy", func(t *testing.T) func() {
		var enough atomic.Bool
		t.Cleanup(func() { enough.Store(true) })
		return func() {
			for !enough.Load() {
			}
		}
	}, "running"},
}

// receive is for what waits until a channel is closed.
func receive(wait func(chan int)) blocker {
	return func(t *testing.T) func() {
		c := make(chan int)
		t.Cleanup(func() { close(c) })
		return func() { wait(c) }
	}
}

func receiveFrom[T any](c chan T) { <-c }

func TestBlocked(t *testing.T) {
	for _, b := range blockers {
		t.Run(b.name, func(t *testing.T) { untilBlocked(t, newGroup(), b.want, b.block(t)) })
	}
}

// untilBlocked runs f on a goroutine until it is seen to be blocked as wanted,
// and returns its stack.
func untilBlocked(t *testing.T, g *group, want string, f func()) Stack {
	t.Helper()
	g.launch("", f)
	var all []Stack
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		all = g.stacks(t, Profile)
		for _, s := range all { // the coroutine has the labels too
			if s.Blocked() == want && strings.Contains(s.Text(), "goroutine.(*group).launch") {
				return s
			}
		}
	}
	t.Fatalf("not seen to be in %q: %v", want, all)
	return Stack{}
}

// In a bubble a sleep does not end before the test goroutine blocks.
func TestBlockedInSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup()
		g.launch("", func() { time.Sleep(time.Hour) })
		synctest.Wait()
		if all := g.stacks(t, Profile); len(all) != 1 || all[0].Blocked() != "sleep" {
			t.Errorf("a goroutine that sleeps: %v", all)
		}
		time.Sleep(2 * time.Hour) // it ends
	})
}

// What no real goroutine can be made to do on demand and everywhere.
func TestBlockedByFrames(t *testing.T) {
	for frames, want := range map[string]string{
		"":                                          "running",
		"main.main":                                 "running",
		"runtime.asyncPreempt2 time.Sleep":          "running",
		"runtime.gopark main.f runtime.chanrecv":    "waiting",
		"runtime.gopark runtime.gcAssistAlloc":      "waiting",
		"runtime.gopark runtime.chanrecv":           "chan receive",
		"runtime.notetsleepg os/signal.signal_recv": "syscall",
		"runtime.cgocall main._Cfunc_sleep":         "syscall",
		"syscall.Syscall syscall.read":              "syscall",
		"internal/runtime/syscall/linux.Syscall6":   "syscall",
		"runtime.gopark runtime.goparkunlock runtime.semacquire1 sync.runtime_Semacquire": "semacquire",
	} {
		var s Stack
		for name := range strings.FieldsSeq(frames) {
			s.Frames = append(s.Frames, Frame{Function: name})
		}
		if got := s.Blocked(); got != want {
			t.Errorf("%q is %q, want %q", frames, got, want)
		}
	}
}
