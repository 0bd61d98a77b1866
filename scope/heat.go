// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// heat counts how much of their timeouts the tasks of one name had used when they
// ended, so that near misses are seen before there are overruns. It costs two
// additions for a task.
type heat struct {
	buckets [heatBuckets]atomic.Uint64
	spare   atomic.Int64 // nanoseconds left over, negative for overruns, in sum
}

// heatBuckets: the first is for those that had more than half left, the next for more
// than a quarter, and so on; the last for those that had nothing left.
const heatBuckets = 8

// warmLocked makes the counters of a kind.
func (k *kind) warmLocked() {
	if k.heat == nil {
		k.heat = new(heat)
	}
}

func (h *heat) note(took, timeout time.Duration) {
	h.spare.Add(int64(timeout - took))
	h.buckets[heatBucket(took, timeout)].Add(1)
}

func heatBucket(took, timeout time.Duration) int {
	left := timeout - took
	if left <= 0 {
		return heatBuckets - 1
	}
	return min(heatBuckets-2, bits.Len64(uint64(timeout/left))-1)
}

// use describes what was counted.
func (h *heat) use(path, name string) Use {
	u := Use{Scope: path, Task: name}
	var n uint64
	for i := range h.buckets {
		u.Left[i] = h.buckets[i].Load()
		n += u.Left[i]
	}
	if n > 0 {
		u.Spare = time.Duration(h.spare.Load() / int64(n))
	}
	return u
}
