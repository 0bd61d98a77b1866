// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// past is a deadline that interrupts whoever waits. It is not the zero time,
// which would mean no deadline.
var past = time.Unix(1, 0)

// deadlines keeps what a caller wants with the deadlines of a connection apart
// from what the contexts want. Whenever mu is free, this holds of each side:
//
//	the inner deadline is   past   if the context bound to it was seen to end,
//	                        want   otherwise.
//
// Every change of state and the call of the inner setter that follows from it
// are made under mu, and that is all that is needed for these to be right:
//
//   - The callback of a context and bind: the callback acts only on a side that
//     is still bound to it. If bind was first, it does nothing; if it was first,
//     bind undoes it. So nobody ever waits for a callback that is still running.
//   - The callback and a caller who sets a deadline: the later of the two finds
//     what the other has left, and both write what the rule above says.
//   - The callback and Close: after Close nothing is set any more.
//
// The setters do not block (they take a lock of the runtime's poller, or of
// net.Pipe), so that mu is held for an instant only, in a bubble too.
type deadlines struct {
	sides []*side
	close func() error // for what refuses deadlines; may be nil

	mu     sync.Mutex // guards what follows, and the sides
	seq    uint64     // of the newest binding
	closed bool
}

// A side is a direction of a connection, with the inner's setter for it.
type side struct {
	set func(time.Time) error

	bound   atomic.Pointer[binding] // what an operation begins under; changed under mu, never nil in use
	ending  atomic.Pointer[ending]  // the newest that interrupted this side
	refused atomic.Bool             // set failed, so that the inner was closed

	want time.Time // the caller's own deadline; zero for none
	cut  bool      // bound has ended, and the inner deadline is past
}

// A binding is one call of bind. Its identity tells the callback whether it is
// still wanted, and its number tells an operation whether a later end is its own.
type binding struct {
	ctx  context.Context
	stop func() bool // nil if ctx never ends, or had ended

	seq   uint64 // guarded by mu until it is published in bound
	cause error  // why ctx has ended, nil if nobody has noticed yet; guarded by mu
	refs  int    // how many sides are bound to it; guarded by mu
}

// An ending is what is kept of a binding whose context has ended. The context
// itself would keep a whole request in memory.
type ending struct {
	seq   uint64
	cause error
}

// bind makes ctx the context of the sides, in place of the one they had.
//
// AfterFunc is called before mu is taken, and stop after it was given back: both
// may be code of a foreign context. A callback that runs in between leaves its
// cause.
func (d *deadlines) bind(ctx context.Context, sides ...*side) {
	if same(ctx, sides) {
		return
	}
	b := &binding{ctx: ctx}
	if ctx.Err() != nil {
		b.cause = context.Cause(ctx)
	} else if ctx.Done() != nil {
		b.stop = context.AfterFunc(ctx, func() { d.end(b) })
	}
	loose, refused := d.install(b, sides)
	for _, stop := range loose {
		if stop != nil {
			stop()
		}
	}
	d.giveUp(refused)
}

// install puts b in place. It returns the stop functions of contexts that no side
// is bound to any more: at most two, or b's own.
func (d *deadlines) install(b *binding, sides []*side) (loose [2]func() bool, refused bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		loose[0] = b.stop
		return loose, false
	}
	d.seq++
	b.seq, b.refs = d.seq, len(sides)
	for i, s := range sides {
		if old := s.bound.Load(); old != nil {
			if old.refs--; old.refs == 0 {
				loose[i] = old.stop
			}
		}
		refused = s.replace(b) || refused
	}
	return loose, refused
}

// same reports whether the sides are bound to ctx already, so that binding again
// for each operation of a request costs nothing. The channels are compared since
// contexts need not be comparable. A context without one never ends and is cheap;
// those that ended early all have the same one.
func same(ctx context.Context, sides []*side) bool {
	done := ctx.Done()
	if done == nil || ctx.Err() != nil {
		return false
	}
	for _, s := range sides {
		if b := s.bound.Load(); b == nil || b.ctx.Done() != done {
			return false
		}
	}
	return true
}

// end is the callback of b's context.
func (d *deadlines) end(b *binding) {
	d.giveUp(d.interrupt(b, context.Cause(b.ctx)))
}

func (d *deadlines) interrupt(b *binding, cause error) (refused bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b.cause = cause
	if d.closed {
		return false
	}
	for _, s := range d.sides {
		if s.bound.Load() == b {
			refused = s.interrupt(b) || refused
		}
	}
	return refused
}

// giveUp closes what refused to be interrupted in a better way.
func (d *deadlines) giveUp(refused bool) {
	if refused && d.close != nil {
		_ = d.close()
	}
}

// setDeadline is the caller's own.
func (d *deadlines) setDeadline(t time.Time, sides ...*side) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var first error
	for _, s := range sides {
		s.want = t
		if err := s.apply(); first == nil {
			first = err
		}
	}
	return first
}

// release lets go of the contexts for good.
func (d *deadlines) release() {
	d.mu.Lock()
	d.closed = true
	var stops [2]func() bool
	for i, s := range d.sides {
		stops[i] = s.bound.Load().stop
	}
	d.mu.Unlock()
	for _, stop := range stops {
		if stop != nil {
			stop() // twice for a binding of both sides, which is harmless
		}
	}
}

// replace puts b in the place of the old binding. Caller holds mu.
//
// The deadline is put back before b is published: an operation that begins under
// b must not meet the end of the old one, whose number it would not accept.
func (s *side) replace(b *binding) (refused bool) {
	if s.cut && b.cause == nil {
		s.cut = false
		_ = s.apply()
	}
	s.bound.Store(b)
	return b.cause != nil && s.interrupt(b)
}

// interrupt is called when b, to which s is bound, has ended. Caller holds mu.
//
// The ending is stored before the deadline is set, so that who is woken by the one
// finds the other.
func (s *side) interrupt(b *binding) (refused bool) {
	s.cut = true
	s.ending.Store(&ending{b.seq, b.cause})
	err := s.apply()
	if err == nil || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) {
		return false
	}
	s.refused.Store(true)
	return true
}

// apply writes what the rule at the head of deadlines says. Caller holds mu.
func (s *side) apply() error {
	if s.cut {
		return s.set(past)
	}
	return s.set(s.want)
}

// begin returns what an operation begins under, and an error if that has ended.
func (s *side) begin() (*binding, error) {
	b := s.bound.Load()
	if b.ctx.Err() != nil {
		return b, &ended{context.Cause(b.ctx)}
	}
	return b, nil
}

// interrupted returns why an operation that began under b failed with err, nil
// if no context is to blame, or err is nil.
//
// A time-out is a context's if one ended since the operation began: b itself, or
// one that took its place meanwhile. One that had ended before cannot be: its
// deadline was undone before b was published.
func (s *side) interrupted(b *binding, err error) error {
	e := s.ending.Load()
	if err == nil || e == nil || e.seq < b.seq {
		return nil
	}
	if !isTimeout(err) && !s.refused.Load() {
		return nil
	}
	return &ended{e.cause}
}

func isTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}

// An ended stands in errors for the cause of a context. It is not the cause
// itself because that of a deadline calls itself temporary, and accept loops,
// net/http's among them, would try again for ever.
type ended struct{ cause error }

func (e *ended) Error() string   { return e.cause.Error() }
func (e *ended) Unwrap() error   { return e.cause }
func (e *ended) Temporary() bool { return false }

// Timeout is the cause's.
func (e *ended) Timeout() bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](e.cause)
	return ok && t.Timeout()
}
