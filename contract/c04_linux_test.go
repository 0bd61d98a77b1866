// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"testing/synctest"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// c04 is about goroutines that wait for a child.
func c04() claim.Claim {
	return claim.Claim{
		ID:   "C04",
		Told: "A goroutine that waits on a child's Done leaks while the parent lives, also after the child was cancelled.",
		Trial: func(x *claim.Trial) {
			var w waitsForChild
			inBubble(x, w.run)
			x.Told(!w.child, "it waits on the child's Done")
			x.Told(!w.grandchild, "it waits on the Done of a context made from the child")
			x.Told(!w.foreign, "it waits on a context made from the child through a type of one's own")
			x.Fact(w.child && w.grandchild && w.foreign, "The child's cancel ends the wait, whatever the parent does.")
			x.Fact(!w.parent, "What stays is a goroutine that waits on the parent's Done while it works for the child: it ends with the parent.")
			x.Fact(!w.detached, "A goroutine that waits on `context.WithoutCancel(child).Done()` is never woken, not even by the end of the parent: that Done is a nil channel.")
		},
		So:  "Wait on the Done of the context that the work was given, not on one further up, and give a context from `WithoutCancel` a deadline or a cancel of its own.",
		Vet: "a goroutine that is given a derived context and waits on the Done of the one it was derived from; a receive from the Done of context.WithoutCancel or context.Background",
	}
}

// waitsForChild says which waits have ended: all but the last after the child was
// cancelled, the last after the parent was, too.
type waitsForChild struct{ child, grandchild, foreign, parent, detached bool }

func (w *waitsForChild) run() {
	parent, cancelParent := context.WithCancel(context.Background())
	child, cancel := context.WithCancel(parent)
	grandchild, cancelGrandchild := context.WithCancel(child)
	defer cancelGrandchild()
	foreign, cancelForeign := context.WithCancel(borrowed{child, context.Background()})
	defer cancelForeign()

	release := make(chan struct{}) // ends what would be left
	wait := func(ctx context.Context) <-chan struct{} {
		return started(func() {
			select {
			case <-ctx.Done():
			case <-release:
			}
		})
	}
	onChild, onGrandchild, onForeign := wait(child), wait(grandchild), wait(foreign)
	onParent, onDetached := wait(parent), wait(context.WithoutCancel(child))
	synctest.Wait()
	cancel()
	synctest.Wait()
	w.child, w.grandchild, w.foreign = isClosed(onChild), isClosed(onGrandchild), isClosed(onForeign)
	w.parent = isClosed(onParent)
	cancelParent()
	synctest.Wait()
	w.detached = isClosed(onDetached)
	close(release)
}
