// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"sync"
)

// An Advisor tells work that it is being drained where no [Server] does: that of
// another protocol, or of an http.Server that something else runs. It gives
// contexts their [Handle], and in a drain it gives [Long] work its turns. It
// waits for nothing: count the work with a [Gate].
//
// All methods are safe for concurrent use.
type Advisor struct {
	handle Handle
	cfg    config
	once   sync.Once
	over   chan struct{} // ends the goroutine that gives turns
	end    func()
}

// NewAdvisor returns an advisor. [WithPace] and [WithCause] mean what they mean
// for a [Server]; other options have no effect.
func NewAdvisor(options ...Option) *Advisor {
	a := &Advisor{over: make(chan struct{})}
	a.cfg.init(options)
	a.end = sync.OnceFunc(func() { close(a.over) })
	a.handle.init(a.cfg.pace, func() {})
	return a
}

// Handle returns the handle that contexts are given.
func (a *Advisor) Handle() *Handle { return &a.handle }

// Context returns a copy of ctx in which [From] finds the handle. One for a
// connection is enough for all that comes over it.
func (a *Advisor) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, handleKey{}, &a.handle)
}

// Advise closes [Handle.Done] and begins to give turns. ctx is that of the drain:
// its deadline says how long turns may be put off, and when [Handle.Deadline]
// says that contexts end, which the caller sees to. Later calls do nothing.
func (a *Advisor) Advise(ctx context.Context) {
	a.once.Do(func() {
		why := a.cfg.why(ctx)
		cancelAt, half := a.handle.schedule(ctx)
		a.handle.advise(why, cancelAt)
		go a.handle.longs.giveTurns(a.over, half)
	})
}

// End gives every turn that is left, and those to come at once: nothing is
// paced any more. It must be called when a drain that was begun is over.
func (a *Advisor) End() {
	a.end()
	a.handle.longs.tellAll()
}
