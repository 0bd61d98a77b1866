// SPDX-License-Identifier: Apache-2.0

// Package tty takes signals, but not SIGTERM.
package tty

import (
	"os/signal"
	"syscall"
)

// Background keeps the terminal for another program.
func Background() { signal.Ignore(syscall.SIGTTIN) }
