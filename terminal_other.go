// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package quiesce

import "os"

// isTerminal cannot tell here.
func isTerminal(*os.File) bool { return false }
