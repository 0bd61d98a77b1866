// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"testing/synctest"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// c06 is about who waits for cancelled work.
func c06() claim.Claim {
	return claim.Claim{
		ID:   "C06",
		Told: "Cancelling a parent never waits for the work of its children.",
		Trial: func(x *claim.Trial) {
			var r cancelReturns
			inBubble(x, r.run)
			x.Told(r.beforeWork, "a goroutine that works under a child goes on after cancel has returned")
			x.Told(r.beforeCleanup, "so does a function given to context.AfterFunc")
			x.Fact(r.beforeWork && r.cancelled, "cancel marks every child and returns; it knows nothing of the goroutines that use them.")
			x.Fact(r.beforeCleanup, "It starts the functions of `context.AfterFunc`, each in a goroutine of its own, and does not wait for them either.")
			x.Fact(r.waitedForForeign, "What can hold it up is a context type of one's own with an `AfterFunc` method: cancelling a child of it calls, and waits for, the stop function that this method gave.")
		},
		So:      "After cancel, wait for the goroutines before you close what they use: a `sync.WaitGroup`, a channel, an owner that joins them. A deadline belongs to that wait.",
		Covered: []string{"quiesce.App.Run", "quiesce.App.Wait", "quiesce.StillRunning"},
		Vet:     "cancel() followed by the close of something that the cancelled goroutines use, with no wait between",
	}
}

// cancelReturns says what was still going on when a call of cancel had returned.
type cancelReturns struct {
	beforeWork, beforeCleanup bool
	cancelled                 bool // the child was, by then
	waitedForForeign          bool // a foreign context's stop function held it up
}

func (r *cancelReturns) run() {
	parent, cancel := context.WithCancel(context.Background())
	child, cancelChild := context.WithCancel(parent)
	defer cancelChild()
	release := make(chan struct{})
	work := started(func() {
		<-child.Done()
		<-release // it has still much to do
	})
	cleanup := make(chan struct{})
	context.AfterFunc(child, func() {
		defer close(cleanup)
		<-release
	})
	returned := started(cancel)
	synctest.Wait()
	r.beforeWork = isClosed(returned) && !isClosed(work)
	r.beforeCleanup = isClosed(returned) && !isClosed(cleanup)
	r.cancelled = child.Err() != nil
	close(release)
	<-work
	<-cleanup
	r.waitedForForeign = stopHoldsUpCancel()
}

func stopHoldsUpCancel() bool {
	release := make(chan struct{})
	endless, end := context.WithCancel(context.Background())
	defer end()
	_, cancel := context.WithCancel(slowToLeave{borrowed{endless, context.Background()}, release})
	returned := started(cancel)
	synctest.Wait()
	waited := !isClosed(returned)
	close(release)
	<-returned
	return waited
}

// A slowToLeave context takes its time to take back what was registered with it.
type slowToLeave struct {
	context.Context
	release chan struct{}
}

func (s slowToLeave) AfterFunc(func()) func() bool {
	return func() bool { <-s.release; return true }
}
