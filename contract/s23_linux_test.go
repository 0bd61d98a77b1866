// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/binary"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

// s23 is about signalfd(2).
func s23() claim.Claim {
	return claim.Claim{
		ID:       "S23",
		Told:     "A blocked signal that is read through signalfd works: for SIGTERM, for SIGUSR1.",
		Programs: map[string]func(){"pending": readPending, "waiting": readWaiting, "self": blockThenRead},
		Trial: func(x *claim.Trial) {
			fromOutside(x, syscall.SIGUSR1)
			fromOutside(x, syscall.SIGTERM)
			raced(x)
			self := x.Run("self")
			x.Told(saw(x, self, "read"), "SIGUSR1 that the program blocks itself, by rt_sigprocmask: it is there to be read")
			x.Fact(!saw(x, self, "read"), "Blocking it from Go does not do: that is for one thread, and another takes the signal (see S22).")
		},
		So:      "signalfd is no way to take SIGTERM, SIGINT or SIGHUP in Go, whoever blocks them: use Notify. For SIGUSR1 it works in a program that is started with it blocked, whose children then have it blocked too. A test with a signal that the program sends to itself misleads, because the reader often wins.",
		Covered: []string{"sender.OS"},
	}
}

// fromOutside starts a program with a signal blocked on all its threads, as far
// as that goes, sends the signal, and has it read then.
func fromOutside(x *claim.Trial, sig syscall.Signal) {
	name := sigmux.Name(sig)
	p := startSignalfd(x, "pending", sig)
	blocking, all := blockers(steadyMasks(x, p.PID()), sig)
	p.Signal(sig)
	settled(p.PID())
	p.CloseStdin() // now it reads
	r := p.Wait()
	read := r.Signal == nil && saw(x, r, "read")
	x.Told(read, "%s, blocked when the program was started: one that is sent before the read is read", name)
	if sig == syscall.SIGTERM {
		x.Fact(blocking == 0 && r.Signal == sig, "A program that is started with SIGTERM blocked does not have it blocked on any thread: the runtime opens what kills (runtime/signal_unix.go, minitSignalMask), and the signal kills before it can be read.")
		return
	}
	x.Fact(blocking == all && read && saw(x, r, "sender"), "One that is started with SIGUSR1 blocked has it blocked on every thread; it waits for the read, which tells who sent it.")
}

func startSignalfd(x *claim.Trial, program string, sig syscall.Signal) *quiescetest.Process {
	x.Helper()
	c := x.Program(program)
	c.Ready = "ready"
	return startBlocked(x, c, sig)
}

// raceTries is how often a race is run that anybody may win.
const raceTries = 10

// raced has a goroutine already reading when SIGTERM comes.
func raced(x *claim.Trial) {
	read, killed := 0, 0
	for range raceTries {
		p := startSignalfd(x, "waiting", syscall.SIGTERM)
		p.Signal(syscall.SIGTERM)
		if r := p.Wait(); r.Signal == syscall.SIGTERM {
			killed++
		} else if saw(x, r, "read") {
			read++
		}
	}
	x.Measured(read+killed == raceTries, "With a goroutine already in the read it is a race between that and the thread that the kernel picks: the read returns the SIGTERM, or the program dies of it.",
		"%d of %d died", killed, raceTries)
}

// readPending reads, when its standard input has ended, what has been sent.
func readPending() {
	fd := newSignalfd(syscall.SIGUSR1, syscall.SIGTERM)
	ready()
	untilStdinEnds()
	tellInfo(readSignal(fd))
}

// readWaiting reads the next one, not on the main thread, which the kernel picks
// if it can.
func readWaiting() {
	onMainThread(func() {
		fd := newSignalfd(syscall.SIGTERM)
		if err := syscall.SetNonblock(fd, false); err != nil {
			panic(err)
		}
		reader, info := make(chan int), make(chan []byte)
		go func() {
			runtime.LockOSThread()
			reader <- syscall.Gettid()
			info <- readSignal(fd)
		}()
		untilIn(os.Getpid(), <-reader, syscall.SYS_READ)
		ready()
		tellInfo(<-info)
	})
}

// blockThenRead blocks the signal where it will read it, and sends it.
func blockThenRead() {
	changeMask(sigBlock, setOf(syscall.SIGUSR1))
	fd := newSignalfd(syscall.SIGUSR1)
	sendSelf(syscall.SIGUSR1)
	settled(os.Getpid())
	tellInfo(readSignal(fd))
}

// newSignalfd returns a descriptor that does not block.
func newSignalfd(sigs ...syscall.Signal) int {
	set := setOf(sigs...)
	fd, _, errno := syscall.RawSyscall6(syscall.SYS_SIGNALFD4, ^uintptr(0), uintptr(unsafe.Pointer(&set)),
		unsafe.Sizeof(set), syscall.O_NONBLOCK, 0, 0)
	if errno != 0 {
		panic(errno)
	}
	return int(fd)
}

// readSignal reads a struct signalfd_siginfo; nil if there is none.
func readSignal(fd int) []byte {
	info := make([]byte, 128)
	n, err := syscall.Read(fd, info)
	if err == syscall.EAGAIN {
		return nil
	}
	if err != nil {
		panic(err)
	}
	return info[:n]
}

func tellInfo(info []byte) {
	answer("read", info != nil)
	answer("sender", info != nil && binary.NativeEndian.Uint32(info[12:]) == uint32(os.Getppid()))
}
