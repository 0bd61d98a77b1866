// SPDX-License-Identifier: Apache-2.0

package quiesce

import "fmt"

// A Phase is a stretch of an app's life in which one kind of hook runs.
// A stop goes through announce, drain, stop and flush in this order, with a
// barrier between them: nothing is released until everything is quiet.
type Phase uint8

// The phases, in the order in which an app goes through them.
const (
	PhaseStart    Phase = iota // components become ready, dependencies first
	PhaseAnnounce              // readiness is off, others are told; everything is still served
	PhaseDrain                 // new work is refused, started work is finished; dependants first
	PhaseStop                  // resources are released; dependants first
	PhaseFlush                 // telemetry and other last words
	numPhases
)

var phaseNames = [numPhases]string{"start", "announce", "drain", "stop", "flush"}

// String returns the phase's name as it stands in reports: "drain".
func (p Phase) String() string {
	if p < numPhases {
		return phaseNames[p]
	}
	return fmt.Sprintf("phase(%d)", uint8(p))
}

// MarshalText implements encoding.TextMarshaler.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Phase) UnmarshalText(text []byte) error {
	i, err := indexOf(phaseNames[:], "phase", string(text))
	*p = Phase(i)
	return err
}

// indexOf finds name among names; what says what kind of name it is.
func indexOf(names []string, what, name string) (int, error) {
	for i, n := range names {
		if n == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("quiesce: unknown %s %q", what, name)
}
