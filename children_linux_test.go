// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import "syscall"

func dup2(from, to int) error { return syscall.Dup3(from, to, 0) }
