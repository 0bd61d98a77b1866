// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package door

import "net"

// holdOff has no counterpart here: a connection that comes between the last
// accept and the close is reset.
func holdOff(net.Listener) (held bool) { return false }

// hasQueue is not known here: an accept that ran into its deadline decides.
func hasQueue(net.Listener) (waiting, known bool) { return false, false }

// handshakes returns nothing: the kernel does not say.
func handshakes(net.Listener) map[string]bool { return nil }
