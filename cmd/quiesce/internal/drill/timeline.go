// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// A timeline has what happened in a round, and when. It is safe for concurrent use.
type timeline struct {
	began time.Time // the zero of its times

	mu     sync.Mutex
	marks  []record.Mark
	probes []record.Probe
}

func newTimeline() *timeline { return &timeline{began: time.Now()} }

// now returns the time since the begin of the round.
func (l *timeline) now() time.Duration { return time.Since(l.began) }

// mark notes that something happens now.
func (l *timeline) mark(what record.MarkKind, detail string) { l.markAt(what, l.now(), detail) }

func (l *timeline) markAt(what record.MarkKind, at time.Duration, detail string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.marks = append(l.marks, record.Mark{What: what, At: at, Detail: detail})
}

// markFirst is markAt for what is noted once, at the earliest time that is seen.
func (l *timeline) markFirst(what record.MarkKind, at time.Duration, detail string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.marks {
		if m := &l.marks[i]; m.What == what {
			if at < m.At {
				m.At, m.Detail = at, detail
			}
			return
		}
	}
	l.marks = append(l.marks, record.Mark{What: what, At: at, Detail: detail})
}

// at returns when something first happened.
func (l *timeline) at(what record.MarkKind) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.marks {
		if m.What == what {
			return m.At, true
		}
	}
	return 0, false
}

// probed notes that what a probe says has changed.
func (l *timeline) probed(p record.Probe) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.probes = append(l.probes, p)
}

// fill puts everything into a round, in the order of time.
func (l *timeline) fill(r *record.Round) {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.SortStableFunc(l.marks, func(a, b record.Mark) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(l.probes, func(a, b record.Probe) int { return cmp.Compare(a.At, b.At) })
	r.Marks, r.Probes = l.marks, l.probes
}
