// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiesce

import (
	"os"
	"syscall"

	"github.com/go-quiesce/quiesce/sigmux"
)

// platformGrace is the longest grace period that the system allows: no limit here.
const platformGrace = 0

// extraSignals are those that are not terminating.
func extraSignals(a *App) map[os.Signal]func(sigmux.Delivery) {
	return map[os.Signal]func(sigmux.Delivery){
		syscall.SIGHUP:  a.onHangup,
		syscall.SIGUSR1: a.onInquiry,
		// Who reads our output may be gone, as tee is after Ctrl-C. Unless taken,
		// that would kill us at the next line, in the middle of a stop; now the
		// write fails.
		syscall.SIGPIPE: func(sigmux.Delivery) {},
	}
}
