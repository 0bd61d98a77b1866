// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// ErrDraining is the cause of contexts that end because their server is being
// drained: that of [Handle.Context] when clients are advised to leave, those of
// requests shortly before the drain's deadline. What [WithCause] returned is
// wrapped beside it.
var ErrDraining = errors.New("the server is being drained")

// A Handle tells requests that their server is being drained. Work that takes
// long (server-sent events, long polls, websockets) can so end early, without
// looking broken: its own context goes on until shortly before the deadline.
//
// One Handle serves all requests of a server. A nil *Handle works, and says that
// no drain ever comes: handlers need not know whether they run in a [Server].
// All methods are safe for concurrent use.
type Handle struct {
	soft  context.Context // ends at advise
	tell  context.CancelCauseFunc
	until atomic.Pointer[time.Time] // set before soft ends
	longs longs
}

type handleKey struct{}

// From returns the handle of the server whose request has ctx, or nil.
func From(ctx context.Context) *Handle {
	h, _ := ctx.Value(handleKey{}).(*Handle)
	return h
}

func (h *Handle) init(pace pace, changed func()) {
	h.soft, h.tell = context.WithCancelCause(context.Background())
	h.longs.init(pace, changed)
}

// schedule divides the time that a drain has: contexts end at cancelAt, and every
// turn has come at half. Both are zero if ctx has no deadline.
func (h *Handle) schedule(ctx context.Context) (cancelAt, half time.Time) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Time{}, time.Time{}
	}
	left := time.Until(deadline)
	h.longs.pace.window = min(h.longs.pace.window, left/4)
	return deadline.Add(-min(max(left/10, time.Second), left/4)), time.Now().Add(left / 2)
}

// advise ends the soft context. Contexts of requests end at until, if not zero.
func (h *Handle) advise(cause error, until time.Time) {
	h.until.Store(&until)
	h.tell(cause)
}

// Done returns a channel that is closed when clients are advised to leave. It is
// nil, and so never closed, for a nil Handle.
//
// What has clients that would all come back at once should rather wait for its
// turn: see [Handle.Long].
func (h *Handle) Done() <-chan struct{} {
	if h == nil {
		return nil
	}
	return h.soft.Done()
}

// Cause returns nil before Done is closed, then an error that wraps
// [ErrDraining] and what [WithCause] says.
func (h *Handle) Cause() error {
	if h == nil {
		return nil
	}
	return context.Cause(h.soft)
}

// Deadline returns when the contexts of requests will end. It reports false as
// long as that is not known: before Done is closed, and in a drain without a
// deadline.
func (h *Handle) Deadline() (t time.Time, ok bool) {
	if h == nil {
		return time.Time{}, false
	}
	until := h.until.Load()
	if until == nil || until.IsZero() {
		return time.Time{}, false
	}
	return *until, true
}

// Context returns a copy of ctx that also ends when Done is closed, with
// [Handle.Cause] as its cause. It is for work that may be given up: a wait for
// the next event, a poll, a retry. The returned function must be called when
// the context is no longer needed.
func (h *Handle) Context(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if h == nil {
		return ctx, func() { cancel(nil) }
	}
	unhook := context.AfterFunc(h.soft, func() { cancel(context.Cause(h.soft)) })
	return ctx, func() {
		unhook()
		cancel(nil)
	}
}
