// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unsafe"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s27 is about how many signals there are.
func s27() claim.Claim {
	return claim.Claim{
		ID:       "S27",
		Told:     "The signal set has 4 words on Linux, and that limits which signals can be taken.",
		Programs: map[string]func(){"sizes": setSizes, "takes": takesEverySignal, "kept": takesKept},
		Trial: func(x *claim.Trial) {
			sizes := said(x, x.Run("sizes"), "accepted")
			x.Told(sizes == "16" || sizes == "32", "the kernel takes a set of four words")
			x.Fact(sizes == "8", "The set has 64 bits, one for each signal from 1 to 64: rt_sigprocmask takes 8 bytes and refuses every other size. (Only on MIPS there are 128 signals, and sets of four 32-bit words.)")

			r := x.Run("takes")
			x.Told(!saw(x, r, "last"), "signal 64, the last one, cannot be taken")
			x.Fact(saw(x, r, "last") && said(x, r, "missing") == "27", "Of the 64 all but six can be taken with Notify when a process sends them: real-time signals up to 64, and even SIGSEGV. SIGPROF (27) is swallowed: the runtime keeps it for the profiler.")
			refused := true
			for _, sig := range []string{"9", "32", "34"} {
				k := x.Run("kept", sig)
				refused = refused && k.Signal != nil
			}
			x.Fact(refused, "The other five have nothing to do with the size of the set: SIGKILL and SIGSTOP belong to the kernel, and 32 to 34 to the C library, so that the runtime leaves them alone (runtime/sigtab_linux_generic.go). A program that gave 9, 32 or 34 to Notify still dies of it.")
		},
		So: "Any signal that is free may be used, also a real-time one from 35 on. SIGPROF is the profiler's.",
	}
}

// setSizes tells which sizes of a set rt_sigprocmask takes, in bytes.
func setSizes() {
	var set [32]uint64
	var accepted []string
	for size := uintptr(1); size <= 128; size++ {
		_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, sigBlock, 0, uintptr(unsafe.Pointer(&set)), size, 0, 0)
		if errno == 0 {
			accepted = append(accepted, fmt.Sprint(size))
		}
	}
	answer("accepted", strings.Join(accepted, " "))
}

// takesEverySignal sends itself all that Notify may take.
func takesEverySignal() {
	const last = 64
	var missing []string
	for sig := syscall.Signal(1); sig <= last; sig++ {
		if sig == syscall.SIGKILL || sig == syscall.SIGSTOP || sig >= 32 && sig <= 34 {
			continue
		}
		c := notified(1, sig)
		sendSelf(sig)
		fence()
		if count(received(c), sig) != 1 {
			missing = append(missing, fmt.Sprint(int(sig)))
		}
		signal.Stop(c)
	}
	answer("last", !strings.Contains(strings.Join(missing, " "), fmt.Sprint(last)))
	answer("missing", strings.Join(missing, " "))
}

// takesKept sends itself one that it may not have.
func takesKept() {
	var sig int
	if _, err := fmt.Sscan(os.Args[1], &sig); err != nil {
		panic(err)
	}
	c := notified(1, syscall.Signal(sig))
	sendSelf(syscall.Signal(sig))
	fence()
	answer("received", len(received(c)))
}
