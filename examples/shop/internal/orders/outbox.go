// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"context"
	"log/slog"
	"time"

	"github.com/go-quiesce/quiesce"
)

const (
	// outboxBatch is how many orders are marked as published at a time. After a
	// crash at most so many are published twice.
	outboxBatch = 32

	// outboxPoll is how long after a failure the outbox tries again.
	outboxPoll = time.Second
)

// An Outbox publishes every stored order at least once.
type Outbox struct {
	store  *Store
	broker Broker
	wake   chan struct{} // holds one: there may be something new
}

// NewOutbox returns an outbox that does nothing before Run.
func NewOutbox(s *Store, b Broker) *Outbox {
	return &Outbox{store: s, broker: b, wake: make(chan struct{}, 1)}
}

// Wake says that there is something new. It does not wait.
func (b *Outbox) Wake() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Run publishes until ctx ends, and then what is left: whoever could add an
// order has stopped by then. What was begun is finished under the work context,
// which lives longer than ctx; a batch is not cut in the middle.
func (b *Outbox) Run(ctx context.Context) error {
	work := quiesce.WorkContext(ctx)
	for {
		if err := b.publishAll(work); err != nil {
			slog.WarnContext(ctx, "outbox", "error", err) // a broker that is away comes back
		}
		select {
		case <-ctx.Done():
			return b.publishAll(work)
		case <-b.wake:
		case <-time.After(outboxPoll):
		}
	}
}

func (b *Outbox) publishAll(ctx context.Context) error {
	for {
		batch, err := b.store.Unpublished(ctx, outboxBatch)
		if err != nil || len(batch) == 0 {
			return err
		}
		if err := b.publish(ctx, batch); err != nil {
			return err
		}
	}
}

// publish sends first and marks then: at least once.
func (b *Outbox) publish(ctx context.Context, batch []Order) error {
	for _, o := range batch {
		if err := b.broker.Publish(ctx, o); err != nil {
			return err
		}
	}
	return b.store.MarkPublished(ctx, batch)
}
