// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// MaxHeld is how many holders a [HeldError] lists, the oldest ones.
const MaxHeld = 10

// A HeldError says what was still in flight when [Gate.Close], [Group.Close] or
// [Consumer.Drain] had to give up waiting or, in the last, to end contexts.
type HeldError struct {
	Class    string // name of the class; "" for a gate on its own
	InFlight int    // how many, with and without a name
	Holders  []Held // at most [MaxHeld] of them, oldest first; empty if none has a name
	Err      error  // why waiting ended: [context.Cause] of the context, [ErrCancelled] or [ErrClosed]
}

// held describes the gate's work for the end of ctx. The count is taken first,
// so that on a shut gate it covers the holders.
func (g *Gate) held(ctx context.Context) *HeldError {
	return &HeldError{InFlight: g.InFlight(), Holders: g.Holders(MaxHeld), Err: context.Cause(ctx)}
}

// Error reads `drain: 3 still in flight: GET /orders for 12.3s, …`; the ellipsis
// stands for those not named.
func (e *HeldError) Error() string { return "drain: " + e.text() }

// Unwrap returns Err.
func (e *HeldError) Unwrap() error { return e.Err }

func (e *HeldError) because(cause error) error {
	c := *e
	c.Err = cause
	return &c
}

func (e *HeldError) text() string {
	var b strings.Builder
	if e.Class != "" {
		b.WriteString(e.Class + ": ")
	}
	fmt.Fprintf(&b, "%d still in flight", e.InFlight)
	sep := ": "
	for _, h := range e.Holders {
		b.WriteString(sep + h.String())
		sep = ", "
	}
	if len(e.Holders) > 0 && len(e.Holders) < e.InFlight {
		b.WriteString(sep + "…")
	}
	return b.String()
}

// A Held is one holder, as [Gate.Holders] lists it.
type Held struct {
	Who string        // what was passed to Begin
	Age time.Duration // since Begin
}

// String reads `GET /orders for 12.3s`. Who is often made from what a client
// sent; it is quoted if it has anything in it that does not print.
func (h Held) String() string {
	who := h.Who
	if who == "" || strings.ContainsFunc(who, func(r rune) bool { return !unicode.IsPrint(r) }) {
		who = strconv.Quote(who)
	}
	return who + " for " + round(h.Age).String()
}

// round keeps two digits of what is below a second, and tenths above.
func round(d time.Duration) time.Duration {
	for unit := 100 * time.Millisecond; unit > time.Nanosecond; unit /= 10 {
		if d >= 10*unit {
			return d.Round(unit)
		}
	}
	return d
}
