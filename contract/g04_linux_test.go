// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"slices"
	"testing/synctest"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g04 is about receiving from a closed channel.
func g04() claim.Claim {
	return claim.Claim{
		ID:   "G04",
		Told: "After close the values that are already buffered are still received; then come zero values, and never a block.",
		Trial: func(x *claim.Trial) {
			var c closedChannel
			inBubble(x, c.run)
			x.Told(slices.Equal(c.values, []int{1, 2}), "buffered values are still received, in order")
			x.Told(c.zeros > 0, "then come zero values")
			x.Told(c.zeros == manyReceives, "a receive never blocks")
			x.Fact(c.length == 2 && c.capacity == 4, "close takes nothing away: len still counts what is buffered.")
			x.Fact(c.zeros == manyReceives, "When it is empty each receive gives the zero value at once; only the second result of `v, ok := <-c` tells it from a value that was sent.")
			x.Fact(c.woken == 2, "Every goroutine that was already waiting in a receive is woken, not only one: that is what makes a closed channel a broadcast.")
			x.Fact(c.nilBlocks, "A nil channel is the opposite: a receive from it blocks for ever.")
		},
		So:  "Close a channel to say that nothing more will come, from the side that sends; what is buffered is not lost. Look at the second result wherever zero is a value.",
		Vet: "a receive without the second result from a channel that is closed somewhere and whose zero value means something",
	}
}

// manyReceives is how often an empty closed channel is received from.
const manyReceives = 10_000

// closedChannel is what was seen of one.
type closedChannel struct {
	length, capacity int
	values           []int
	zeros            int
	woken            int
	nilBlocks        bool
}

func (c *closedChannel) run() {
	ch := make(chan int, 4)
	ch <- 1
	ch <- 2
	close(ch)
	c.length, c.capacity = len(ch), cap(ch)
	received := started(func() {
		for v, ok := <-ch; ok; v, ok = <-ch {
			c.values = append(c.values, v)
		}
		for range manyReceives {
			if v, ok := <-ch; v == 0 && !ok {
				c.zeros++
			}
		}
	})
	<-received
	c.wakesAll()
}

func (c *closedChannel) wakesAll() {
	empty, release := make(chan int), make(chan struct{})
	first, second := started(func() { <-empty }), started(func() { <-empty })
	onNil := started(func() {
		select {
		case <-(chan int)(nil):
		case <-release:
		}
	})
	synctest.Wait()
	close(empty)
	synctest.Wait()
	for _, ended := range []<-chan struct{}{first, second} {
		if isClosed(ended) {
			c.woken++
		}
	}
	c.nilBlocks = !isClosed(onNil)
	close(release)
}
