// SPDX-License-Identifier: Apache-2.0

package quiesce

import "fmt"

// An Outcome says how a hook ended.
type Outcome uint8

// The outcomes. Pending and Running are those of a hook in a report that was
// made before the stop was over.
const (
	Pending   Outcome = iota // not begun yet
	Running                  // begun, not ended yet
	OK                       // returned nil in time, or the error with which a cancelled Run ends
	Failed                   // returned an error
	Panicked                 // panicked; the value and the stack are kept
	Exited                   // called runtime.Goexit
	TimedOut                 // overran, and returned an error within its window
	Abandoned                // asked to stop and still running at its deadline
	Skipped                  // never begun; the reason is kept
	numOutcomes
)

var outcomeNames = [numOutcomes]string{
	"pending", "running", "ok", "failed", "panicked", "exited", "timed-out", "abandoned", "skipped",
}

// String returns the outcome's name as it stands in reports: "timed-out".
func (o Outcome) String() string {
	if o < numOutcomes {
		return outcomeNames[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// MarshalText implements encoding.TextMarshaler.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Outcome) UnmarshalText(text []byte) error {
	i, err := indexOf(outcomeNames[:], "outcome", string(text))
	*o = Outcome(i)
	return err
}
