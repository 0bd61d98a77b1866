// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"os"
	"time"
)

// A Delivery is what a handler is told about a signal. It is a plain value.
type Delivery struct {
	Signal os.Signal // which

	// At is when the mux saw the signal; when Count is more than one, the
	// oldest of them. The kernel does not say when it was sent.
	At time.Time

	// Count is how many arrivals the delivery stands for, at least 1. More than
	// one came together while the route was masked or busy. The kernel and the
	// Go runtime merge equal signals that are on their way before anyone can
	// count them: an arrival is what reached the mux, not what was sent.
	Count int

	// Sender is who sent it, where known.
	Sender Sender
}
