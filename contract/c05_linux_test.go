// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// c05 is about what is visible when Done is closed.
func c05() claim.Claim {
	return claim.Claim{
		ID:   "C05",
		Told: "Whoever sees Done closed also sees the error, and everything that was written before the cancellation (happens-before).",
		Trial: func(x *claim.Trial) {
			noErr, noCause := seenAtDone()
			x.Told(noErr == 0, "Err is set")
			x.Told(noCause == 0, "context.Cause is that of the call")
			bin := buildWithRace(x, "memory")
			done, none := reportsRace(x, bin, "done"), reportsRace(x, bin, "none")
			x.Told(!done && none, "what was written before cancel is ordered before the read")
			x.Fact(noErr == 0 && noCause == 0, "Err and Cause are set before Done is closed: no waiter has seen one without the other.")
			x.Fact(!done, "The close of Done orders memory, too: the race detector is silent about data that is written before cancel and read after Done (The Go Memory Model: the closing of a channel is synchronized before a receive that returns because the channel is closed).")
			x.Fact(none, "Without the wait for Done the same read is reported as a race.")
			x.Fact(!reportsRace(x, bin, "err"), "To see an error from `Err()` is as good as to see Done closed: Err waits for the close before it returns one (context/context.go, cancelCtx.Err).")
		},
		So:  "Write the result first, then cancel; who waits for Done needs no lock to read it. A flag that is set beside the context has no such order.",
		Vet: "a plain variable that is written after cancel and read after Done",
	}
}

// seenAtDone counts waiters that saw Done closed, but no error or not its cause.
func seenAtDone() (noErr, noCause int64) {
	var errs, causes atomic.Int64
	for range 2000 {
		cause := errors.New("cause")
		ctx, cancel := context.WithCancelCause(context.Background())
		var waiters sync.WaitGroup
		for range 2 {
			waiters.Go(func() {
				<-ctx.Done()
				if ctx.Err() != context.Canceled {
					errs.Add(1)
				}
				if context.Cause(ctx) != cause {
					causes.Add(1)
				}
			})
		}
		cancel(cause)
		waiters.Wait()
	}
	return errs.Load(), causes.Load()
}
