// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"errors"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// c02 is about a second call of cancel.
func c02() claim.Claim {
	return claim.Claim{
		ID:   "C02",
		Told: "A second call of cancel panics, or has an effect.",
		Trial: func(x *claim.Trial) {
			var again, afterDeadline, early cancelled
			inBubble(x, func() {
				again.twice()
				afterDeadline.andEarly(&early)
			})
			x.Told(again.panicked, "it panics")
			x.Told(again.err != context.Canceled, "it replaces the error")
			x.Told(again.cause != errFirst, "it replaces the cause")
			x.Told(again.cleanups != 1, "functions given to context.AfterFunc run again")
			x.Fact(!again.panicked && again.cause == errFirst, "It returns at once, and the cause stays that of the first call.")
			x.Fact(afterDeadline.err == context.DeadlineExceeded && afterDeadline.cause == errFirst, "A cancel after the deadline changes nothing either: the error stays `context.DeadlineExceeded`, the cause what `WithTimeoutCause` was given.")
			x.Fact(early.err == context.Canceled && early.cause == context.Canceled, "The other way round that cause is lost: the cancel function of `WithTimeoutCause`, called before the deadline, leaves `context.Canceled` as the cause.")
		},
		So:      "`defer cancel()` is right also where cancel was called before. To say why something ends, use `WithCancelCause` and call it with the reason before anybody else cancels: the first reason stays.",
		Covered: []string{"quiesce.StopCause"},
	}
}

var errFirst, errSecond = errors.New("first"), errors.New("second")

// cancelled is what a context says after calls of cancel.
type cancelled struct {
	err, cause error
	panicked   bool  // a second call did
	cleanups   int64 // how often a function given to AfterFunc ran
}

func (c *cancelled) look(ctx context.Context) { c.err, c.cause = ctx.Err(), context.Cause(ctx) }

func (c *cancelled) twice() {
	var cleanups atomic.Int64
	ctx, cancel := context.WithCancelCause(context.Background())
	context.AfterFunc(ctx, func() { cleanups.Add(1) })
	cancel(errFirst)
	synctest.Wait()
	c.panicked = panicOf(func() { cancel(errSecond) }) != nil
	synctest.Wait()
	c.cleanups = cleanups.Load()
	c.look(ctx)
}

// andEarly cancels after a deadline, and another context before it.
func (c *cancelled) andEarly(early *cancelled) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), time.Second, errFirst)
	<-ctx.Done()
	cancel()
	c.look(ctx)
	ctx, cancel = context.WithTimeoutCause(context.Background(), time.Second, errFirst)
	cancel()
	early.look(ctx)
}
