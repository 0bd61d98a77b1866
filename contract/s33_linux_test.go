// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// s33 is about how long the goroutine that receives a signal has to wait.
func s33() claim.Claim {
	return claim.Claim{
		ID:   "S33",
		Told: "A signal has to wait for a goroutine that is in a tight loop without preemption points, above all with GOMAXPROCS=1; and for one that is in time.Sleep or in a system call.",
		Programs: map[string]func(){
			"loop": tightLoop, "loop to its death": tightLoopToDeath, "sleep": longSleep,
			"read": longRead(syscall.Syscall), "raw read": longRead(syscall.RawSyscall),
		},
		Trial: func(x *claim.Trial) {
			const noPreemption = "GODEBUG=asyncpreemptoff=1"
			loop := busyWith(x, "loop", oneP)
			x.Told(waited(loop), "tight loop, GOMAXPROCS=1")
			off := busyWith(x, "loop", oneP, noPreemption)
			x.Told(waited(off), "tight loop, GOMAXPROCS=1, GODEBUG=asyncpreemptoff=1")
			x.Told(waited(busyWith(x, "loop", "GOMAXPROCS=2", noPreemption)), "tight loop, GOMAXPROCS=2, GODEBUG=asyncpreemptoff=1")
			sleep, read, raw := busyWith(x, "sleep", oneP), busyWith(x, "read", oneP), busyWith(x, "raw read", oneP)
			x.Told(waited(sleep), "time.Sleep, GOMAXPROCS=1")
			x.Told(waited(read), "blocking system call, GOMAXPROCS=1")
			x.Told(waited(raw), "blocking system call through syscall.RawSyscall, GOMAXPROCS=1")

			x.Measured(!waited(loop), "A tight loop is interrupted even if it is all that may run: since Go 1.14 the runtime sends SIGURG to the thread of a goroutine that has run for 10 ms (runtime/proc.go, forcePreemptNS), and the receiver has its turn.",
				"received after %s", said(x, loop, "received after"))
			x.Fact(waited(off) && waited(raw), "What does make it wait, with GOMAXPROCS=1: asyncpreemptoff, and a blocking call through RawSyscall, which does not tell the scheduler.")
			x.Fact(!waited(sleep) && !waited(read), "A goroutine that sleeps, or that is in a system call by the usual way, is in nobody's way.")
			x.Fact(busyWith(x, "loop to its death", oneP, noPreemption).Signal == syscall.SIGTERM, "Only goroutines wait. The handler does not: a SIGTERM that nobody takes kills in the middle of any loop.")
		},
		So: "Receiving needs a goroutine that gets to run: leave async preemption on, and call nothing that blocks through RawSyscall. A signal that nobody takes has its default effect at once, whatever runs.",
	}
}

func busyWith(x *claim.Trial, name string, env ...string) *quiescetest.Result {
	x.Helper()
	c := x.Program(name)
	c.Env = append(c.Env, env...)
	return c.Start(x).Wait()
}

// patience is how long the busy goroutine stays so if the signal is not received
// before: thirty times what the runtime lets a goroutine run. A loop counts what
// its process has had of the processor, so that a busy machine does not matter.
const patience = 300 * time.Millisecond

// whileBusy sends this process a signal from a goroutine that is then busy, until
// another one has received it, or until it is over.
func whileBusy(busyUntilOver func()) {
	c := notified(1, syscall.SIGUSR1)
	sent := make(chan time.Time, 1)
	go func() {
		sent <- time.Now()
		sendSelf(syscall.SIGUSR1)
		busyUntilOver()
	}()
	<-c
	answer("received after", time.Since(<-sent).Round(time.Millisecond))
}

// over is printed by the busy goroutine in a way that leaves it no point where
// another could run before.
var over = [...]byte{'o', 'v', 'e', 'r', '\n'}

//go:nosplit
func sayOver() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_WRITE, 1, uintptr(unsafe.Pointer(&over)), unsafe.Sizeof(over))
}

// waited reports whether a program received its signal after it was over.
func waited(r *quiescetest.Result) bool { return strings.HasPrefix(r.Stdout, string(over[:])) }

func tightLoop() { whileBusy(spin) }

func tightLoopToDeath() {
	sendSelf(syscall.SIGTERM)
	spin()
}

// spin keeps the processor busy and has no point where it could be preempted but
// by a signal.
func spin() {
	x := uint64(1)
	for begun := processorTime(); processorTime()-begun < patience; {
		for range 100_000 {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
	}
	sayOver()
	runtime.KeepAlive(x)
}

// processorTime is what this process has had of the processor.
//
//go:nosplit
func processorTime() time.Duration {
	const clockProcess = 2 // CLOCK_PROCESS_CPUTIME_ID
	var ts syscall.Timespec
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockProcess, uintptr(unsafe.Pointer(&ts)), 0)
	if errno != 0 {
		return patience // ends the loop at once
	}
	return time.Duration(ts.Sec)*time.Second + time.Duration(ts.Nsec)
}

func longSleep() {
	whileBusy(func() {
		time.Sleep(patience)
		sayOver()
	})
}

// longRead reads from a timer.
func longRead(call func(trap, a1, a2, a3 uintptr) (r1, r2 uintptr, err syscall.Errno)) func() {
	return func() {
		timer := newTimer(patience)
		whileBusy(func() {
			var expired uint64
			_, _, _ = call(syscall.SYS_READ, timer, uintptr(unsafe.Pointer(&expired)), unsafe.Sizeof(expired))
			sayOver()
		})
	}
}

// newTimer returns a descriptor that can be read after d; see timerfd_create(2).
func newTimer(d time.Duration) (fd uintptr) {
	const clockMonotonic = 1
	fd, _, errno := syscall.RawSyscall(syscall.SYS_TIMERFD_CREATE, clockMonotonic, 0, 0)
	if errno != 0 {
		panic(errno)
	}
	spec := [2]syscall.Timespec{1: syscall.NsecToTimespec(d.Nanoseconds())}
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0); errno != 0 {
		panic(errno)
	}
	return fd
}
