// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"fmt"
	"syscall"
)

// The real-time signals that the C library leaves to programs.
const (
	rtMin = 34
	rtMax = 64
)

// systemName names what only this system has. On mips 16 is taken by another
// signal, which is looked up before.
func systemName(n int) string {
	switch {
	case n == 16:
		return "SIGSTKFLT"
	case n == int(syscall.SIGPWR):
		return "SIGPWR"
	case n == rtMin:
		return "SIGRTMIN"
	case n > rtMin && n <= rtMax:
		return fmt.Sprintf("SIGRTMIN+%d", n-rtMin)
	}
	return ""
}
