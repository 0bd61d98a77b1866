// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strings"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s20 is about the stack that a handler runs on.
func s20() claim.Claim {
	return claim.Claim{
		ID:   "S20",
		Told: "Signal handlers run on an alternate stack (sigaltstack, SA_ONSTACK), so goroutine stacks are safe, also in cgo.",
		Trial: func(x *claim.Trial) {
			bin := buildSignals(x, true)
			handlersOnStack(x, buildSignals(x, false), bin)
			stacksInC(x, bin)
		},
		So: "C code in a Go program that installs a handler must set SA_ONSTACK, and should chain to the handler that was there. A thread that C makes needs stack to spare for Go's handler.",
	}
}

// handlersOnStack is about the threads that the runtime made.
func handlersOnStack(x *claim.Trial, without, with string) {
	installed, found := true, true
	var handlers []string
	for _, program := range [][2]string{{"without cgo", without}, {"with cgo", with}} {
		how, bin := program[0], program[1]
		actions, stacks := inMode(bin, "actions").Start(x).Wait(), inMode(bin, "stacks").Start(x).Wait()
		handlers = append(handlers, said(x, actions, "handlers"))
		onStack, frame := saw(x, actions, "SA_ONSTACK"), saw(x, stacks, "enabled") && saw(x, stacks, "frame found")
		x.Told(onStack && frame, "threads of Go, %s: handlers run on the alternate stack", how)
		installed = installed && onStack && saw(x, actions, "SA_SIGINFO") && saw(x, actions, "SA_RESTART") && saw(x, actions, "all blocked in the handler")
		found = found && frame && saw(x, stacks, "32 KiB")
	}
	x.Measured(installed, "With and without cgo every handler of the runtime is installed with SA_ONSTACK, SA_SIGINFO and SA_RESTART, and with all signals blocked while it runs (rt_sigaction read back).",
		"%s handlers", strings.Join(handlers, " and "))
	x.Fact(found, "Every thread that the runtime makes, and the main thread, has an alternate stack of 32 KiB, and that is where the kernel writes the frame of a handler (found there by the value that was sent with the signal).")
}

// stacksInC is about C code, and about threads and handlers that C made.
func stacksInC(x *claim.Trial, bin string) {
	inC := inMode(bin, "cgostacks").Start(x).Wait()
	x.Told(saw(x, inC, "found in a C call"), "a thread of Go in a C function: handlers run on the alternate stack")
	x.Told(saw(x, inC, "enabled on a thread of C"), "a thread that C made: handlers run on an alternate stack")
	x.Fact(saw(x, inC, "found in a C call"), "A C function that Go calls keeps the alternate stack of its thread.")
	x.Fact(!saw(x, inC, "enabled on a thread of C") && saw(x, inC, "found on the own stack of a thread of C"),
		"A thread that C made and that never called Go has no alternate stack: there Go's handler runs on top of whatever the thread is doing, on the thread's own stack.")

	plain := inMode(bin, "plain").Start(x).Wait()
	x.Told(!saw(x, plain, "on the goroutine's stack"), "a handler that C code installed without SA_ONSTACK: goroutine stacks are safe")
	x.Fact(saw(x, plain, "on the goroutine's stack"), "A handler that C installs without SA_ONSTACK runs on the stack of the goroutine that it interrupts. That may have as little as 2 KiB (runtime/stack.go, stackMin).")
}
