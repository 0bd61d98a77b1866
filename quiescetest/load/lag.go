// SPDX-License-Identifier: Apache-2.0

package load

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// A Lag says how well the load kept to its schedule: that of arrivals, or of the ends
// of think times. Each is at most an eighth above what was measured.
type Lag struct {
	P50, P99, Max time.Duration // how long after its caller could begin it a request was begun
	N, Late       int           // how many requests had a time, and were begun later than [TooLate] after they could be
	BusyP99       time.Duration // how long after it was due its caller could: the last one was under way, the server's doing
}

// TooLate is when a request is no longer one that the schedule asked for.
const TooLate = 10 * time.Millisecond

// Lag returns what was measured until now. It is zero if nothing had a schedule.
func (s *Session) Lag() Lag {
	var late, busy histogram
	for _, l := range s.loads {
		for _, c := range l.callers {
			late.sum(&c.late)
			busy.sum(&c.busy)
		}
	}
	return Lag{late.quantile(0.5), late.quantile(0.99), late.quantile(1), late.count(0), late.count(scale(TooLate) + 1), busy.quantile(0.99)}
}

const (
	steps   = 8              // of a power of two
	powers  = 36             // of them: up to a minute
	scales  = steps * powers // how many buckets there are
	stepBit = 3              // log2 of steps
)

// A histogram counts durations by size. One goroutine adds, others may look.
type histogram [scales]atomic.Uint32

func (h *histogram) add(d time.Duration) { h[scale(d)].Add(1) }

// scale returns the bucket of d: the power of two that it is above, and its next
// three bits.
func scale(d time.Duration) int {
	n := uint64(max(d, 0))
	power := max(bits.Len64(n)-1-stepBit, 0)
	return min(power*steps+int(n>>power), scales-1)
}

// top returns the upper end of a bucket.
func top(scale int) time.Duration {
	if scale < 2*steps {
		return time.Duration(scale)
	}
	power := scale/steps - 1
	return time.Duration(scale-power*steps+1)<<power - 1
}

func (h *histogram) sum(other *histogram) {
	for i := range h {
		h[i].Add(other[i].Load())
	}
}

// count returns how many durations are in a bucket and those after it.
func (h *histogram) count(from int) int {
	n := 0
	for i := from; i < scales; i++ {
		n += int(h[i].Load())
	}
	return n
}

// quantile returns what a share q of the durations is not above.
func (h *histogram) quantile(q float64) time.Duration {
	all, below := h.count(0), 0
	for i := range h {
		below += int(h[i].Load())
		if below > 0 && float64(below) >= q*float64(all) {
			return top(i)
		}
	}
	return 0
}
