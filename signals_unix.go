// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiesce

import (
	"os"
	"syscall"

	"github.com/go-quiesce/quiesce/sigmux"
)

// extraSignals are those that are not terminating.
func extraSignals(a *App) map[os.Signal]func(sigmux.Delivery) {
	return map[os.Signal]func(sigmux.Delivery){
		syscall.SIGHUP:  a.onHangup,
		syscall.SIGUSR1: a.onInquiry,
	}
}
