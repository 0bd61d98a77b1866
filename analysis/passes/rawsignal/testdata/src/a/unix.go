// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package a

import "syscall"

func unix(pid int) { syscall.Kill(pid, 12) } // want "signal 12"
