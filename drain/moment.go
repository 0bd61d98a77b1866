// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"
)

// A Moment is what was open when a stage began.
type Moment struct {
	Stage Stage     // which
	At    time.Time // when it began
	Open  Counts    // what was open then
}

// Moments record how a drain went, for a report. The zero value is empty and ready to
// use; a nil *Moments is empty. All methods are safe for concurrent use, and none
// waits: a report may be wanted from a process that hangs.
type Moments struct {
	list atomic.Pointer[[]Moment] // replaced, never changed
}

// Note adds a stage that begins now. A server's own stages are noted by itself.
func (m *Moments) Note(stage Stage, open Counts) {
	now := Moment{Stage: stage, At: time.Now(), Open: open}
	for {
		old := m.list.Load()
		list := []Moment{now}
		if old != nil {
			list = append((*old)[:len(*old):len(*old)], now)
		}
		if m.list.CompareAndSwap(old, &list) {
			return
		}
	}
}

// All returns what was noted, in the order of the stages.
func (m *Moments) All() []Moment {
	if m == nil || m.list.Load() == nil {
		return nil
	}
	return slices.SortedStableFunc(slices.Values(*m.list.Load()), func(a, b Moment) int { return cmp.Compare(a.Stage, b.Stage) })
}
