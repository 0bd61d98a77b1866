// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"runtime"
	"slices"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// s22 is about blocking signals from Go code.
func s22() claim.Claim {
	return claim.Claim{
		ID:       "S22",
		Told:     "A Go program can change its signal mask with sigprocmask from Go code, and the change holds for other threads.",
		Programs: map[string]func(){"locked": changeMaskLocked, "free": changeMaskFree, "left": leaveMask},
		Trial: func(x *claim.Trial) {
			locked := x.Run("locked")
			x.Told(saw(x, locked, "own thread"), "the thread that calls it has the new mask")
			x.Told(saw(x, locked, "thread before"), "a thread that was there before has it")
			x.Told(saw(x, locked, "thread after"), "a thread that is made afterwards has it")
			free := onOneP(x, "free")
			x.Told(saw(x, free, "kept"), "without LockOSThread: the goroutine keeps the mask")
			x.Fact(saw(x, locked, "own thread") && !saw(x, locked, "thread before") && !saw(x, locked, "thread after"),
				"rt_sigprocmask is for one thread (sigprocmask(2)): neither those that are there nor those that the runtime makes later get it. New ones start with the mask that the program was started with.")
			x.Fact(saw(x, locked, "SIGTERM too"), "On that one thread it holds for SIGTERM, too, which the runtime would have opened had the thread begun with it blocked.")
			x.Fact(saw(x, locked, "received"), "The process still gets the signal, on another thread: Notify delivers it.")
			x.Fact(saw(x, free, "moved") && !saw(x, free, "kept"), "A goroutine that is not locked to its thread moves to another and has that one's mask.")
			x.Fact(saw(x, onOneP(x, "left"), "another goroutine has it"), "The mask stays with the thread: after UnlockOSThread goroutines that know nothing of it run with the signal blocked.")
		},
		So: "Do not block signals from Go. If one thread must have them blocked, lock a goroutine to it and end the goroutine without unlocking: that ends the thread.",
	}
}

// onOneP runs a program where a goroutine that blocks gives its thread to the
// next one.
func onOneP(x *claim.Trial, name string) *quiescetest.Result {
	x.Helper()
	c := x.Program(name)
	c.Env = append(c.Env, oneP)
	return c.Start(x).Wait()
}

// changeMaskLocked blocks signals on the thread of one goroutine and looks at
// others.
func changeMaskLocked() {
	usr1 := notified(1, syscall.SIGUSR1)
	before := newSpy()
	runtime.LockOSThread()
	changeMask(sigBlock, setOf(syscall.SIGUSR1, syscall.SIGTERM))
	answer("own thread", threadMask().has(syscall.SIGUSR1))
	answer("thread before", before.mask().has(syscall.SIGUSR1))
	answer("thread after", spyOnNewThread().mask().has(syscall.SIGUSR1))
	answer("SIGTERM too", threadMask().has(syscall.SIGTERM))
	sendSelf(syscall.SIGUSR1)
	fence()
	answer("received", count(received(usr1), syscall.SIGUSR1) == 1)
}

// A spy is a goroutine with a thread of its own, that tells its mask.
type spy struct {
	tid int
	ask chan struct{}
	say chan sigset
}

func newSpy() *spy {
	s := &spy{ask: make(chan struct{}), say: make(chan sigset)}
	go func() {
		runtime.LockOSThread()
		s.tid = syscall.Gettid()
		for range s.ask {
			s.say <- threadMask()
		}
	}()
	s.mask() // and its thread is known
	return s
}

func (s *spy) mask() sigset {
	s.ask <- struct{}{}
	return <-s.say
}

// spyOnNewThread returns one on a thread that was not there when it was called.
func spyOnNewThread() *spy {
	before := threadMasks(os.Getpid())
	for range 100 {
		s := newSpy()
		if !slices.ContainsFunc(before, func(m masks) bool { return m.tid == s.tid }) {
			return s
		}
	}
	panic("no new thread")
}

// changeMaskFree blocks a signal without locking its thread, and moves.
func changeMaskFree() {
	begun := syscall.Gettid()
	changeMask(sigBlock, setOf(syscall.SIGUSR1))
	for range 100 {
		if syscall.Gettid() != begun {
			break
		}
		newSpy() // may take this thread, and then keeps it
	}
	answer("moved", syscall.Gettid() != begun)
	answer("kept", threadMask().has(syscall.SIGUSR1))
}

// leaveMask gives a thread back with a signal blocked, and looks for it.
func leaveMask() {
	runtime.LockOSThread()
	changeMask(sigBlock, setOf(syscall.SIGUSR1))
	runtime.UnlockOSThread()
	found := make(chan bool)
	var look func(left int)
	look = func(left int) {
		runtime.LockOSThread() // the next one gets another thread
		if has := threadMask().has(syscall.SIGUSR1); has || left == 0 {
			found <- has
		} else {
			go look(left - 1)
		}
		select {}
	}
	go look(100)
	answer("another goroutine has it", <-found)
}
