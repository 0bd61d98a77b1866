// SPDX-License-Identifier: Apache-2.0

package pool

import "context"

// An entry is a job that was accepted.
type entry struct {
	name string
	f    func(ctx context.Context) error
	job  *Job // its handle; nil without
}

// A queue is a ring that grows. Its entries have numbers, in the order in which they
// came: head is that of the first one.
type queue struct {
	ring []entry // its length is a power of two, or 0
	head uint64
	n    int
}

// firstRing is the length of a queue's first ring.
const firstRing = 16

func (q *queue) push(e entry) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[q.tail()&uint64(len(q.ring)-1)] = e
	q.n++
}

// pop takes the first entry out of a queue that has one.
func (q *queue) pop() entry {
	at := &q.ring[q.head&uint64(len(q.ring)-1)]
	e := *at
	*at = entry{}
	q.head++
	q.n--
	return e
}

// tail is the number of the entry that comes next.
func (q *queue) tail() uint64 { return q.head + uint64(q.n) }

func (q *queue) grow() {
	old := q.ring
	q.ring = make([]entry, max(firstRing, 2*len(old)))
	for i := range uint64(q.n) {
		q.ring[(q.head+i)&uint64(len(q.ring)-1)] = old[(q.head+i)&uint64(len(old)-1)]
	}
}
