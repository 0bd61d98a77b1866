// SPDX-License-Identifier: Apache-2.0

//go:build linux && !android

package a

import "syscall"

func tagged(pid int) { syscall.Kill(pid, 10) }
