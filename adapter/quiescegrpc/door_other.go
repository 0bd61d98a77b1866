// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package quiescegrpc

import "net"

// queueLen is negative: the kernel does not say how many connections wait.
func queueLen(net.Listener) int { return -1 }
