// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"fmt"
	"os"
	"syscall"
)

// Name returns a signal's name as people type it: "SIGTERM", "SIGRTMIN+1", not
// "terminated". A number without a name is "signal 99"; a signal of a foreign
// type is what its String says; nil is "no signal".
func Name(sig os.Signal) string {
	if sig == nil {
		return "no signal"
	}
	s, ok := sig.(syscall.Signal)
	if !ok {
		return sig.String()
	}
	if i := int(s); i > 0 && i < len(signalNames) && signalNames[i] != "" {
		return signalNames[i]
	}
	if name := systemName(int(s)); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}

// Number returns a signal's number, or 0 if it has none.
func Number(sig os.Signal) int {
	if s, ok := sig.(syscall.Signal); ok {
		return int(s)
	}
	return 0
}
