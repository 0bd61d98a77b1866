// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"runtime"
	"testing/synctest"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g14 is about misuse of channels.
func g14() claim.Claim {
	return claim.Claim{
		ID:   "G14",
		Told: "Closing a closed channel, or sending on one, can be recovered from.",
		Trial: func(x *claim.Trial) {
			closed := make(chan int, 1)
			close(closed)
			again := panicOf(func() { close(closed) })
			send := panicOf(func() { closed <- 1 })
			var waiting any
			inBubble(x, func() { waiting = closedUnderSender() })
			none := panicOf(func() { close((chan int)(nil)) })
			x.Told(isRuntimeError(again), "close of a closed channel")
			x.Told(isRuntimeError(send), "send on a closed channel")
			x.Told(isRuntimeError(waiting), "close while a goroutine waits in a send")
			x.Told(isRuntimeError(none), "close of a nil channel")
			x.Fact(fmt.Sprint(again) == "close of closed channel" && fmt.Sprint(none) == "close of nil channel", "A second close panics with a runtime.Error, as does the close of a nil channel.")
			x.Fact(fmt.Sprint(send) == "send on closed channel" && len(closed) == 0, "A send panics even if the buffer has room, and the value is lost.")
			x.Fact(fmt.Sprint(waiting) == "send on closed channel", "A goroutine that is waiting in a send when somebody closes the channel panics there: the mistake is the closer's, the crash is the sender's.")
			x.Fact(isRuntimeError(panicOf(func() {
				select {
				case closed <- 1:
				default:
				}
			})), "A select with a default does not help: the send is chosen, and panics.")
		},
		So:  "Only the side that sends closes, once, after its last send; with several senders somebody who has waited for all of them. To stop senders use a second channel or a context. A recover around a send hides that a value was lost.",
		Vet: "a channel that is closed in more than one place, or by a function that receives from it; recover around a send",
	}
}

func isRuntimeError(value any) bool {
	_, ok := value.(runtime.Error)
	return ok
}

// closedUnderSender returns what a waiting sender panics with when the channel is
// closed.
func closedUnderSender() (value any) {
	c := make(chan int)
	sender := started(func() { value = panicOf(func() { c <- 1 }) })
	synctest.Wait()
	close(c)
	<-sender
	return value
}
