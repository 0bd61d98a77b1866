// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// A Queue is a message broker in memory: what is put in is delivered, in order,
// until it is acknowledged. It is for tests, and for work within a process that
// may be handed on but not lost. Nothing of it outlives the process.
//
// The zero value is an empty queue. It must not be copied after first use. All
// methods may be called from any number of goroutines.
type Queue[T any] struct {
	mu      sync.Mutex
	waiting []*Delivery[T] // guarded by mu
	last    int            // ID of the last one put in; guarded by mu
	more    chan struct{}  // closed when something comes; nil if nobody waits; guarded by mu
}

var (
	errSettled      = errors.New("settled before, or its subscription was closed")
	errUnsubscribed = errors.New("the subscription was closed")
)

// Put adds v at the end. It does not block, and there is no limit.
func (q *Queue[T]) Put(v T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last++
	q.waiting = append(q.waiting, &Delivery[T]{Body: v, ID: q.last})
	q.wakeLocked()
}

func (q *Queue[T]) wakeLocked() {
	if q.more != nil {
		close(q.more)
		q.more = nil
	}
}

// Len returns how many wait to be delivered.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// Subscribe returns a connection to the queue. Each message is delivered to one of
// them at a time.
func (q *Queue[T]) Subscribe() *Subscription[T] {
	return &Subscription[T]{queue: q, open: map[*Delivery[T]]struct{}{}}
}

// A Subscription is a [Source] of what a [Queue] holds. It fetches one message at
// a time.
type Subscription[T any] struct {
	queue  *Queue[T]
	closed bool                      // guarded by the queue's mu
	open   map[*Delivery[T]]struct{} // delivered and not settled; guarded by the queue's mu
}

// Receive returns the next message. It fails when ctx has ended or the subscription
// is closed.
func (s *Subscription[T]) Receive(ctx context.Context) (*Delivery[T], error) {
	for {
		d, more, err := s.take(ctx)
		if more == nil {
			return d, err
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// take returns a delivery, an error, or a channel to wait for.
func (s *Subscription[T]) take(ctx context.Context) (d *Delivery[T], more <-chan struct{}, err error) {
	q := s.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case s.closed:
		return nil, nil, errUnsubscribed
	case ctx.Err() != nil:
		return nil, nil, context.Cause(ctx)
	case len(q.waiting) == 0:
		if q.more == nil {
			q.more = make(chan struct{})
		}
		return nil, q.more, nil
	}
	was := q.waiting[0]
	q.waiting[0], q.waiting = nil, q.waiting[1:]
	// A new one each time: whoever has the last must not settle this.
	d = &Delivery[T]{Body: was.Body, ID: was.ID, Attempt: was.Attempt + 1, of: s}
	s.open[d] = struct{}{}
	return d, nil, nil
}

// Close gives back what was delivered and not settled. It does not wait.
func (s *Subscription[T]) Close(context.Context) error {
	q := s.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	s.closed = true
	for d := range s.open {
		q.returnLocked(d)
	}
	clear(s.open)
	return nil
}

// returnLocked puts d back in the order of Put.
func (q *Queue[T]) returnLocked(d *Delivery[T]) {
	i, _ := slices.BinarySearchFunc(q.waiting, d.ID, func(w *Delivery[T], id int) int { return w.ID - id })
	q.waiting = slices.Insert(q.waiting, i, d)
	q.wakeLocked()
}

// A Delivery is a [Message] of a [Queue].
type Delivery[T any] struct {
	Body    T   // what was put in
	ID      int // from 1, in the order of Put
	Attempt int // how many times it has been delivered, this time included

	of *Subscription[T]
}

// Ack takes the message off the queue for good. It fails if the message was settled
// before or the subscription is closed.
func (d *Delivery[T]) Ack(context.Context) error {
	d.of.queue.mu.Lock()
	defer d.of.queue.mu.Unlock()
	return d.settleLocked()
}

// Nack puts the message back to its place, before those that were put in later. It
// fails as Ack does.
func (d *Delivery[T]) Nack(context.Context) error {
	q := d.of.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := d.settleLocked(); err != nil {
		return err
	}
	q.returnLocked(d)
	return nil
}

func (d *Delivery[T]) settleLocked() error {
	if _, open := d.of.open[d]; !open {
		return fmt.Errorf("drain: %v: %w", d, errSettled)
	}
	delete(d.of.open, d)
	return nil
}

// String reads "message 7" or, from the second attempt on, "message 7, attempt 2".
func (d *Delivery[T]) String() string {
	if d.Attempt > 1 {
		return fmt.Sprintf("message %d, attempt %d", d.ID, d.Attempt)
	}
	return fmt.Sprintf("message %d", d.ID)
}
