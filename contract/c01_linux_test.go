// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"sync"
	"sync/atomic"
	"testing/synctest"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// c01 is about two calls of one CancelFunc at the same time.
func c01() claim.Claim {
	return claim.Claim{
		ID:   "C01",
		Told: "When two goroutines call one CancelFunc at the same time, children or their cleanup can be skipped.",
		Trial: func(x *claim.Trial) {
			var two twoCancels
			inBubble(x, two.run)
			x.Told(two.early > 0, "one call returns while a child is not cancelled yet")
			x.Told(two.never > 0, "a child is never cancelled")
			x.Told(two.skipped > 0, "a child's cleanup is never run")
			x.Fact(two.early == 0, "When either call returns, all children made by the context package are cancelled: the first call visits them under the context's lock, and the second waits for that lock (context/context.go, cancelCtx.cancel).")
			x.Fact(two.skipped == 0 && two.twice == 0, "The cleanup that each child has through `context.AfterFunc` runs exactly once, in a goroutine of its own.")

			late, children := halfway()
			x.Measured(late > 0, "Who merely waits for the parent's Done can be faster than the call that cancels: it may find children that are not cancelled yet, because Done is closed first.", "%d of %d children", late, children)
			foreign, tries := lateBelowForeign()
			x.Measured(foreign > 0, "A child below a context type of one's own, which the context package does not know, can still be uncancelled when cancel has returned: a goroutine passes the end on.", "%d of %d times", foreign, tries)
		},
		So: "Call cancel from wherever you like, as often as you like. Have code that depends on a child look at that child's own Done or Err, not at its parent's.",
	}
}

// twoCancels are counts over many rounds, in each of which two goroutines cancel
// the same context.
type twoCancels struct {
	early   int64 // children that a call had not cancelled when it returned
	never   int
	skipped int // cleanups that did not run
	twice   int // cleanups that ran more than once
}

func (t *twoCancels) run() {
	const rounds, children = 100, 100
	for range rounds {
		parent, cancel := context.WithCancel(context.Background())
		ctxs, cleanups := make([]context.Context, children), make([]atomic.Int64, children)
		for i := range ctxs {
			ctx, cancel := context.WithCancel(parent)
			defer cancel()
			context.AfterFunc(ctx, func() { cleanups[i].Add(1) })
			ctxs[i] = ctx
		}
		t.early += cancelTwice(cancel, ctxs)
		synctest.Wait()
		t.never += uncancelled(ctxs)
		for i := range cleanups {
			switch cleanups[i].Load() {
			case 0:
				t.skipped++
			case 1:
			default:
				t.twice++
			}
		}
	}
}

// cancelTwice returns how many contexts were found alive by the callers.
func cancelTwice(cancel func(), ctxs []context.Context) int64 {
	var alive atomic.Int64
	var begin, end sync.WaitGroup
	begin.Add(2)
	for range 2 {
		end.Go(func() {
			begin.Done()
			begin.Wait()
			cancel()
			alive.Add(int64(uncancelled(ctxs)))
		})
	}
	end.Wait()
	return alive.Load()
}

func uncancelled(ctxs []context.Context) int {
	n := 0
	for _, ctx := range ctxs {
		if ctx.Err() == nil {
			n++
		}
	}
	return n
}

// halfway returns how many children somebody who waits for their parent found
// alive. There are the more of them the longer nobody sees any: with a single
// processor the canceller has to be interrupted, after 10 ms.
func halfway() (alive, children int) {
	for children = 4096; alive == 0 && children < 1<<21; children *= 2 {
		parent, cancel := context.WithCancel(context.Background())
		ctxs := make([]context.Context, children)
		for i := range ctxs {
			ctx, cancel := context.WithCancel(parent)
			defer cancel()
			ctxs[i] = ctx
		}
		waits := make(chan struct{})
		found := started(func() {
			close(waits)
			<-parent.Done()
			alive = uncancelled(ctxs)
		})
		<-waits
		cancel()
		<-found
	}
	return alive, children / 2
}

func lateBelowForeign() (alive, tries int) {
	for tries = 0; tries < 10_000 && alive < 10; tries++ {
		parent, cancel := context.WithCancel(context.Background())
		child, cancelChild := context.WithCancel(borrowed{parent, context.Background()})
		cancel()
		if child.Err() == nil {
			alive++
		}
		<-child.Done() // it is reached in the end
		cancelChild()
	}
	return alive, tries
}
