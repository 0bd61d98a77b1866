// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"slices"
	"testing/synctest"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g05 is about loops over a closed channel.
func g05() claim.Claim {
	return claim.Claim{
		ID:   "G05",
		Told: "range ends on a closed channel; a loop around a bare receive spins on zero values, or hangs.",
		Trial: func(x *claim.Trial) {
			var l closedLoops
			inBubble(x, l.run)
			x.Told(slices.Equal(l.ranged, []int{1, 2}), "range ends, after the last value that was sent")
			x.Told(l.bare == manyReceives, "a loop around a bare receive spins on zero values")
			x.Told(l.bare < manyReceives, "a loop around a bare receive hangs")
			x.Fact(slices.Equal(l.ranged, []int{1, 2}), "range receives what is buffered, then ends without a zero value.")
			x.Fact(l.bare == manyReceives, "A loop `for { v := <-c; … }` never ends and never waits: it gets zero values as fast as it can, and keeps a processor busy.")
			x.Fact(l.selected == manyReceives, "So does a select in a loop: the case of a closed channel is always ready. Work then goes to it in every round in which nothing else is.")
			x.Fact(l.disabled, "Set to nil after the first `ok == false`, the case is out: the select waits for the others.")
		},
		So:  "Use range, or look at the second result and leave the loop or set the channel to nil.",
		Vet: "a loop around a receive, or a select case, that does not look at the second result, over a channel that is closed somewhere",
	}
}

// closedLoops are what loops over a closed channel got.
type closedLoops struct {
	ranged         []int
	bare, selected int // zero values
	disabled       bool
}

func (l *closedLoops) run() {
	c := make(chan int, 4)
	c <- 1
	c <- 2
	close(c)
	looped := started(func() {
		for v := range c {
			l.ranged = append(l.ranged, v)
		}
		for l.bare < manyReceives {
			if v := <-c; v == 0 {
				l.bare++
			}
		}
		l.selects(c)
	})
	<-looped
}

func (l *closedLoops) selects(c <-chan int) {
	quiet := make(chan struct{})
	for l.selected < manyReceives {
		select {
		case <-c:
			l.selected++
		case <-quiet:
		}
	}
	waits := started(func() {
		for c := c; ; {
			select {
			case _, ok := <-c:
				if !ok {
					c = nil
				}
			case <-quiet:
				return
			}
		}
	})
	synctest.Wait()
	l.disabled = !isClosed(waits)
	close(quiet)
}
