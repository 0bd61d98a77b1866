// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package sigmux

import (
	"os"
	"syscall"
)

// Die returns at once: a process cannot die of a signal on this system.
func Die(os.Signal) {}

// uncatchable reports whether no program can take sig.
func uncatchable(sig os.Signal) bool { return sig == syscall.SIGKILL }
