// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// A Message is work that a broker waits to hear about. Exactly one of its methods
// is called, once, from any goroutine. ctx ends when the connection to the broker
// is about to be closed. A message may also be a batch of them.
//
// If it has a String method, errors name it so. String must not show what is not
// meant for logs.
type Message interface {
	// Ack says that the message was handled.
	Ack(ctx context.Context) error

	// Nack gives the message back, to be delivered again.
	Nack(ctx context.Context) error
}

// A Source is the connection to a broker, for one [Consumer]: what an adapter for
// a broker implements.
type Source[M Message] interface {
	// Receive returns the next message, and waits for it. When ctx ends it fetches
	// no more from the broker: it goes on returning what was fetched before, call
	// by call, and then fails. Calls do not overlap.
	//
	// An error ends the consumer. Those that it should live with (a connection
	// that is being made again) are for the source to deal with.
	Receive(ctx context.Context) (M, error)

	// Close gives back what was fetched and not settled, leaves the group, and
	// closes the connection. It is called once, after Receive has ended; a handler
	// that hangs may be running. ctx bounds it.
	Close(ctx context.Context) error
}

var (
	errNilSource    = errors.New("drain: nil Source")
	errNilHandler   = errors.New("drain: nil handler")
	errNotConsumers = errors.New("drain: WithListener and WithRequests are not for a Consumer")
)

// A Consumer handles what a [Source] delivers. Told to end, it fetches no more at
// once, finishes what it has fetched, and gives back what cannot be finished in
// time: never a message that its handler still works on.
//
// It is used once: Serve, Notice, Drain, Close. All methods are safe for
// concurrent use.
type Consumer[M Message] struct {
	course
	src    Source[M]
	handle func(context.Context, M) error
	slots  chan struct{} // filled by handlers

	fetch  context.Context // of Receive; ends at notice
	stop   context.CancelFunc
	settle context.Context // of Ack and Nack; ends before the source is closed
	unbind context.CancelFunc
	broken chan error // holds one: the first failure of Ack or Nack

	serving chan struct{} // closed when Receive is called no more; guarded by the mu of course
	closing sync.Once
	closed  error // the source's, when closing is done
}

// NewConsumer returns a consumer that calls handle for each message, on a
// goroutine of its own, at most atOnce at a time; below 1 counts as 1. It does
// nothing yet: a nil src or handle or a bad option fails Serve. Of the options,
// [WithCause], [WithStages] and, for work that handlers register with
// [Handle.Long], [WithPace] can be used.
//
// A message whose handle returns nil is acknowledged; if it returns an error, which
// goes nowhere else, the message is given back. The context of handle ends shortly
// before the deadline of a drain, with a cause that wraps [ErrDraining], or with
// [ErrClosed]; it has the consumer's [Handle]. If handle does not return after
// that, its message is neither: the broker delivers it again when the connection is
// closed or a lease is over. So it is if handle panics, which is not recovered, or
// ends its goroutine.
func NewConsumer[M Message](src Source[M], atOnce int, handle func(context.Context, M) error, options ...Option) *Consumer[M] {
	c := &Consumer[M]{
		src:    src,
		handle: handle,
		slots:  make(chan struct{}, max(1, atOnce)),
		broken: make(chan error, 1),
	}
	c.fetch, c.stop = context.WithCancel(context.Background())
	c.settle, c.unbind = context.WithCancel(context.Background())
	c.course.init(options, c.counts, c.left, func() {})
	return c
}

func (c *Consumer[M]) check() error {
	switch {
	case c.src == nil:
		return errNilSource
	case c.handle == nil:
		return errNilHandler
	case c.cfg.listener != nil || c.cfg.request != nil:
		return errNotConsumers
	}
	return nil
}

// Serve fetches and handles messages until the consumer was drained or closed, and
// returns nil then. It returns nil at once if it was told to end before, or serves
// already.
//
// If Receive, Ack or Nack fails it fetches no more, finishes what it has, and
// returns that error. Handlers inherit the values of ctx, not its end. When ctx
// ends Serve does as [Consumer.Force].
func (c *Consumer[M]) Serve(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	if !c.claim() {
		return nil
	}
	defer context.AfterFunc(ctx, c.Force)()
	err := c.receive(c.context(context.WithoutCancel(ctx)))
	select {
	case <-c.work.Drained():
	case <-c.cut:
	}
	select {
	case err = <-c.broken:
	default:
	}
	return err
}

// claim is Serve's, for the first call and if nobody said to end.
func (c *Consumer[M]) claim() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.serving != nil || closed(c.cut) || closed(c.noticed) {
		return false
	}
	c.serving = make(chan struct{})
	return true
}

// receive returns when nothing that was fetched is left to begin.
func (c *Consumer[M]) receive(ctx context.Context) error {
	defer close(c.serving)
	defer c.work.Shut()
	for {
		select {
		case c.slots <- struct{}{}:
		case <-c.cut: // Close gives back what was fetched
			return nil
		}
		m, err := c.src.Receive(c.fetch)
		switch {
		case err == nil:
			held, _ := c.work.Begin(nameOf(m)) // shut only below
			go c.process(ctx, held, m)
		case c.fetch.Err() != nil:
			return nil
		default:
			return fmt.Errorf("drain: receive: %w", err)
		}
	}
}

func nameOf(m any) string {
	if s, ok := m.(fmt.Stringer); ok {
		return s.String()
	}
	return "message"
}

// process handles m and settles it, in this order. It settles nothing if the handler
// ends the goroutine.
func (c *Consumer[M]) process(ctx context.Context, held Holder, m M) {
	defer func() {
		<-c.slots
		held.End()
	}()
	err := ctx.Err() // fetched too late: nothing is begun
	if err == nil {
		err = c.handle(ctx, m)
	}
	if err == nil {
		err = m.Ack(c.settle)
	} else {
		err = m.Nack(c.settle)
	}
	if err != nil && c.settle.Err() == nil {
		c.fail(err)
	}
}

// fail makes Serve return err, in the end.
func (c *Consumer[M]) fail(err error) {
	select {
	case c.broken <- fmt.Errorf("drain: settle: %w", err):
	default:
	}
	c.stop()
}

// Notice stops the fetching of messages: unlike a server, which clients still find,
// a consumer has nobody to wait for. What was fetched is handled.
func (c *Consumer[M]) Notice() {
	c.notice()
	c.stop()
}

// InFlight returns how many messages are being handled.
func (c *Consumer[M]) InFlight() int { return c.work.InFlight() }

// Drain is [Consumer.Notice], and waits until all that was fetched is handled and
// settled; nothing polls. [Handle.Done] is closed when it begins.
//
// Its deadline and later calls are as with [Server.Drain]. Messages whose handlers
// return an error when their contexts have ended are given back, as is what is
// fetched and was not begun. If that had to be, or if ctx ends first, Drain returns a
// *[HeldError] with the messages that were being handled; it wraps [ErrCancelled] or
// the cause of ctx.
func (c *Consumer[M]) Drain(ctx context.Context) error {
	c.Notice()
	return c.once(ctx, func(ctx context.Context, l *leg) error {
		l.enter(StageAdvise)
		l.advise(ctx)
		if c.receiving() == nil {
			c.work.Shut()
		}
		return l.finish(ctx, l.look)
	})
}

// receiving returns the channel that is closed when Receive is called no more; nil
// if it never was. After Notice it does not change.
func (c *Consumer[M]) receiving() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.serving
}

// Force ends the contexts of handlers, fetches no more, and lets Serve and Drain
// return. It does not wait for handlers; those that return an error before
// [Consumer.Close] still give their message back.
func (c *Consumer[M]) Force() {
	c.force()
	c.stop()
}

// Close ends what was not drained, as [Consumer.Force] does, and closes the source,
// so that the broker delivers again what was not settled. It returns the source's
// error. ctx bounds it. It is done once; later calls return the same.
func (c *Consumer[M]) Close(ctx context.Context) error {
	c.closing.Do(func() {
		c.Force()
		if ended := c.receiving(); ended != nil {
			select {
			case <-ended:
			case <-ctx.Done():
			}
		}
		c.unbind()
		if c.src != nil {
			c.closed = c.src.Close(ctx)
		}
	})
	return c.closed
}

func (c *Consumer[M]) counts() Counts {
	return Counts{Busy: c.work.InFlight(), Long: c.course.handle.longs.count()}
}

// left describes the messages that are being handled.
func (c *Consumer[M]) left() late {
	return &HeldError{InFlight: c.work.InFlight(), Holders: c.work.Holders(MaxHeld)}
}
