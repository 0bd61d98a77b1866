// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"runtime"
	"testing/synctest"
	"time"
	"weak"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// c03 is about what a parent keeps of its children.
func c03() claim.Claim {
	return claim.Claim{
		ID:   "C03",
		Told: "A child context that is cancelled before its parent stays in the parent's list, and in memory, until the parent ends.",
		Trial: func(x *claim.Trial) {
			kept := map[string]bool{}
			inBubble(x, func() {
				for name, use := range childrenOfALongParent {
					kept[name] = keptByParent(use)
				}
			})
			x.Told(kept["cancelled"], "WithCancel, and cancel was called")
			x.Told(kept["expired"], "WithTimeout, and the time is over")
			x.Told(kept["foreign"], "WithCancel below a context type of one's own")
			x.Told(kept["stopped"], "context.AfterFunc, and stop was called")
			x.Fact(!kept["cancelled"] && !kept["foreign"], "cancel takes the child out of its parent's list (context/context.go, removeChild): the garbage collector frees it while the parent goes on.")
			x.Fact(!kept["expired"], "A deadline that passes does the same, also if cancel is never called.")
			x.Fact(kept["dropped"], "A child that nobody cancels stays for as long as its parent lives, although nobody else has it any more.")
			x.Fact(kept["registered"] && !kept["stopped"], "So does a function given to `context.AfterFunc`, with all that it refers to, unless its stop function is called.")
		},
		So:  "Call cancel on every path (`defer cancel()`), and the stop function of `context.AfterFunc` when the work that it was for is over. Under a context that lives as long as the program, each one forgotten is a leak.",
		Vet: "a cancel function that is not called on every path (go vet, lostcancel), a stop function of context.AfterFunc that is thrown away in a loop or a request",
	}
}

// childrenOfALongParent are uses of a context that lives longer.
var childrenOfALongParent = map[string]func(parent context.Context){
	"cancelled": func(parent context.Context) {
		_, cancel := context.WithCancel(parent)
		cancel()
	},
	"expired": func(parent context.Context) {
		ctx, cancel := context.WithTimeout(parent, time.Second)
		<-ctx.Done()
		runtime.KeepAlive(cancel)
	},
	"foreign": func(parent context.Context) {
		_, cancel := context.WithCancel(borrowed{parent, context.Background()})
		cancel()
	},
	"dropped": func(parent context.Context) {
		_, cancel := context.WithCancel(parent)
		runtime.KeepAlive(cancel)
	},
	"registered": func(parent context.Context) {
		context.AfterFunc(parent, func() { runtime.KeepAlive(parent) })
	},
	"stopped": func(parent context.Context) {
		context.AfterFunc(parent, func() { runtime.KeepAlive(parent) })()
	},
}

// keptByParent says whether what a use of a context has left there is still in
// memory while the context lives on.
func keptByParent(use func(parent context.Context)) bool {
	parent, cancel := context.WithCancel(context.Background())
	defer cancel()
	w := useWithPayload(parent, use)
	synctest.Wait()
	for range 3 { // an old stack slot may hold it for a while
		runtime.GC()
	}
	kept := w.Value() != nil
	runtime.KeepAlive(parent)
	return kept
}

type payloadKey struct{}

// useWithPayload gives use a context that refers to some memory, and returns a
// weak pointer to that.
//
//go:noinline
func useWithPayload(parent context.Context, use func(context.Context)) weak.Pointer[[1024]byte] {
	payload := new([1024]byte)
	use(context.WithValue(parent, payloadKey{}, payload))
	return weak.Make(payload)
}
