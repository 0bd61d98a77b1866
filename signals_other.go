// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package quiesce

import (
	"os"
	"runtime"
	"time"

	"github.com/go-quiesce/quiesce/sigmux"
)

// platformGrace is the longest grace period that the system allows. Windows ends
// a process about 5 s after it has told it to close.
var platformGrace = map[string]time.Duration{"windows": 4 * time.Second}[runtime.GOOS]

// extraSignals are those that are not terminating: none here.
func extraSignals(*App) map[os.Signal]func(sigmux.Delivery) { return nil }
