// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"context"
	"errors"
	"sync/atomic"
)

// A helper makes calls that cannot be interrupted, one at a time, each in a
// goroutine that ends with it, so that its owner can stop waiting. A call that
// was given up goes on; its result waits for the next who asks.
//
//	        await              the call returns          taken
//	idle ───────────> running ──────────────────> done ────────> idle
//	                   │   ▲                        ▲
//	      context ends │   │ await                  │ the call returns
//	                   ▼   │                        │
//	                  abandoned ────────────────────┘
//
// The goroutine touches only what is the call's: the owner's buffer and result.
// The owner touches these only with the turn, and when no call is outstanding.
type helper struct {
	spawner Spawner
	name    string
	call    func() // leaves its result with the owner
	after   func() // called when the result is there; may be nil
	run     func(context.Context) error

	turn  chan struct{} // holds a token while somebody has the turn
	ready chan struct{} // holds a token in state done; capacity 1, so that a call never waits for its owner
	state atomic.Int32
	lease atomic.Pointer[lease]
}

const (
	idle = iota
	running
	abandoned
	done
)

// A lease is a context, until another one takes its place.
type lease struct {
	ctx      context.Context
	replaced chan struct{} // closed then
}

// errNoResult stands if the call ended in a panic that the Spawner contained, or
// in runtime.Goexit: whoever waits must not wait for ever.
var errNoResult = errors.New("the helper goroutine ended without a result")

func newHelper(ctx context.Context, name string, call func(), opts []Option) *helper {
	h := &helper{
		spawner: configure(opts).spawner,
		name:    name,
		call:    call,
		turn:    make(chan struct{}, 1),
		ready:   make(chan struct{}, 1),
	}
	h.run = h.once // one function value, not one a call
	h.bind(ctx)
	return h
}

func (h *helper) bind(ctx context.Context) {
	if old := h.lease.Swap(&lease{ctx, make(chan struct{})}); old != nil {
		close(old.replaced)
	}
}

// enter takes the turn; leave gives it back.
func (h *helper) enter() error {
	for {
		l := h.lease.Load()
		if l.ctx.Err() != nil {
			return l.ended()
		}
		select {
		case h.turn <- struct{}{}:
			return nil
		case <-l.ctx.Done():
		case <-l.replaced:
		}
	}
}

func (h *helper) leave() { <-h.turn }

// outstanding reports whether a call runs or has a result that nobody took.
// Caller has the turn.
func (h *helper) outstanding() bool { return h.state.Load() != idle }

// await returns nil when a call has ended: the one that is outstanding, or else
// one that it makes. Its result is the caller's, who has the turn. An error means
// that the context has ended, or that the Spawner refuses; a call may be left
// outstanding.
func (h *helper) await() error {
	l := h.lease.Load()
	if h.state.CompareAndSwap(idle, running) {
		if err := h.spawner.Go(l.ctx, h.name, h.run); err != nil {
			h.state.Store(idle)
			return err
		}
	} else {
		h.state.CompareAndSwap(abandoned, running)
	}
	for {
		select {
		case <-h.ready:
			h.state.Store(idle)
			return nil
		case <-l.replaced:
			l = h.lease.Load()
		case <-l.ctx.Done():
			h.state.CompareAndSwap(running, abandoned)
			return l.ended()
		}
	}
}

// once is the goroutine.
func (h *helper) once(context.Context) error {
	defer func() { // also after a panic, which goes on
		h.state.Store(done)
		h.ready <- struct{}{}
		if h.after != nil {
			h.after()
		}
	}()
	h.call()
	return nil
}

func (h *helper) isAbandoned() bool { return h.state.Load() == abandoned }

func (l *lease) ended() error { return &ended{context.Cause(l.ctx)} }
