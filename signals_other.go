// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package quiesce

import (
	"os"

	"github.com/go-quiesce/quiesce/sigmux"
)

// extraSignals are those that are not terminating: none here.
func extraSignals(*App) map[os.Signal]func(sigmux.Delivery) { return nil }
