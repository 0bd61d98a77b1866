// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package drain

import "net"

// holdOff has no counterpart here: a connection that comes between the last
// accept and the close is reset.
func holdOff(net.Listener) {}

// queueLen is not known here: an accept that ran into its deadline decides.
func queueLen(net.Listener) int { return -1 }
