// SPDX-License-Identifier: Apache-2.0

package quiesce

import "fmt"

// A HookKind tells a component's hooks apart.
type HookKind uint8

// The kinds of hook: the functions of a [Component], and free hooks.
const (
	HookStart    HookKind = iota // Component.Start
	HookRun                      // Component.Run
	HookAnnounce                 // Component.Announce
	HookDrain                    // Component.Drain
	HookStop                     // Component.Stop
	HookFree                     // registered with App.Hook, OnAnnounce or OnFlush
	numHookKinds
)

var hookKindNames = [numHookKinds]string{"start", "run", "announce", "drain", "stop", "hook"}

// String returns the kind's name as it stands in reports: "drain".
func (k HookKind) String() string {
	if k < numHookKinds {
		return hookKindNames[k]
	}
	return fmt.Sprintf("hook(%d)", uint8(k))
}

// MarshalText implements encoding.TextMarshaler.
func (k HookKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *HookKind) UnmarshalText(text []byte) error {
	i, err := indexOf(hookKindNames[:], "hook", string(text))
	*k = HookKind(i)
	return err
}
