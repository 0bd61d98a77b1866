// SPDX-License-Identifier: Apache-2.0

package a

import "syscall"

func onLinux(pid int) { syscall.Kill(pid, 10) }
