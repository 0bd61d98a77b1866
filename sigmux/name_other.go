// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package sigmux

import "syscall"

// sigHUP is never sent here, and not every such system has a constant for it.
const sigHUP = syscall.Signal(1)

// signalNames has the few signals that Go knows where there are none.
var signalNames = [...]string{
	syscall.SIGINT: "SIGINT", syscall.SIGTERM: "SIGTERM", sigHUP: "SIGHUP", syscall.SIGQUIT: "SIGQUIT",
	syscall.SIGKILL: "SIGKILL",
}
