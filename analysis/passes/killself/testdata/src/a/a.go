// SPDX-License-Identifier: Apache-2.0

package a

import (
	"os"
	"syscall"
)

// Reraise is no test.
func Reraise() { syscall.Kill(os.Getpid(), syscall.SIGTERM) }
