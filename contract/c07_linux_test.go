// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"sync/atomic"
	"testing/synctest"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// c07 is about context.AfterFunc.
func c07() claim.Claim {
	return claim.Claim{
		ID:   "C07",
		Told: "When cancel returns, a function given to context.AfterFunc has run; the result of stop says whether it has.",
		Trial: func(x *claim.Trial) {
			var a afterCancel
			inBubble(x, a.run)
			x.Told(!a.returnedFirst, "cancel returns when the function has run")
			x.Told(a.trueMeansNever, "stop returns true: the function has not run, and will not")
			x.Told(!a.falseWhileRunning && !a.falseAgain, "stop returns false: the function has run")
			x.Fact(a.returnedFirst, "cancel starts the function in a goroutine of its own and returns, while it still runs or before it has begun.")
			x.Fact(a.falseWhileRunning, "stop returns false as soon as the function was started, and does not wait for its end.")
			x.Fact(a.falseAgain, "A second stop returns false as well, although the function never runs: false means only that this call did not prevent it.")
			x.Fact(a.atOnce, "With a context that has already ended the function is started at once, also in a goroutine of its own.")
			x.Fact(a.together, "Several functions of one context run at the same time, in no order.")
		},
		So:  "Have the function close a channel when it is done, and wait for that if stop returned false and you have not called it before.",
		Vet: "use of what an AfterFunc function cleans up right after cancel or after a stop whose result is not looked at",
	}
}

// afterCancel is what was seen of functions that block until they are released.
type afterCancel struct {
	returnedFirst     bool // cancel, before the function did
	trueMeansNever    bool
	falseWhileRunning bool
	falseAgain        bool
	atOnce            bool
	together          bool
}

func (a *afterCancel) run() {
	release := make(chan struct{})
	var running, ran atomic.Int64
	slow := func() {
		running.Add(1)
		<-release
		ran.Add(1)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, slow)
	context.AfterFunc(ctx, slow)
	returned := started(cancel)
	synctest.Wait()
	a.returnedFirst = isClosed(returned) && ran.Load() == 0
	a.together = running.Load() == 2
	var stopped bool
	calledStop := started(func() { stopped = stop() })
	synctest.Wait()
	a.falseWhileRunning = isClosed(calledStop) && !stopped && ran.Load() == 0
	registered := started(func() { context.AfterFunc(ctx, slow) })
	synctest.Wait()
	a.atOnce = isClosed(registered) && running.Load() == 3
	close(release)
	a.stopTwice()
}

func (a *afterCancel) stopTwice() {
	var ran atomic.Bool
	ctx, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, func() { ran.Store(true) })
	first, second := stop(), stop()
	cancel()
	synctest.Wait()
	a.trueMeansNever = first && !ran.Load()
	a.falseAgain = !second && !ran.Load()
}
