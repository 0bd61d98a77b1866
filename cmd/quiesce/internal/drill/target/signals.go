// SPDX-License-Identifier: Apache-2.0

package target

import (
	"fmt"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/sigmux"
)

// lastSignal is the highest number of a signal.
const lastSignal = 64

// SignalName returns the name of a signal as it is written in reports: "SIGTERM".
func SignalName(s syscall.Signal) string { return sigmux.Name(s) }

// ParseSignal returns the signal of a name, with or without SIG, in any case.
func ParseSignal(name string) (syscall.Signal, error) {
	full := strings.ToUpper(name)
	if !strings.HasPrefix(full, "SIG") {
		full = "SIG" + full
	}
	for s := syscall.Signal(1); s <= lastSignal; s++ {
		if SignalName(s) == full {
			return s, nil
		}
	}
	return 0, fmt.Errorf("no signal is called %q", name)
}
