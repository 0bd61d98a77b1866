// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// A queue is first in, first out, numbers its entries, and keeps nothing of those that
// were taken out.
func TestQueue(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var q queue
	var in, out uint64
	for range 100_000 {
		if random.IntN(5) < 3 && in-out < 1000 || in == out {
			q.push(entry{name: strconv.FormatUint(in, 10)})
			in++
		} else {
			if got, want := q.pop().name, strconv.FormatUint(out, 10); got != want {
				t.Fatalf("popped %s, want %s", got, want)
			}
			out++
		}
		if q.head != out || q.tail() != in || q.n != int(in-out) {
			t.Fatalf("head %d, tail %d, n %d; want %d, %d", q.head, q.tail(), q.n, out, in)
		}
	}
	for q.n > 0 {
		q.pop()
	}
	for i := range q.ring {
		if q.ring[i].name != "" {
			t.Fatalf("entry %d is kept", i)
		}
	}
	if len(q.ring) != 1024 {
		t.Errorf("ring of %d", len(q.ring))
	}
}
