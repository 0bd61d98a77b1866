// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"

	"github.com/go-quiesce/quiesce/drain"
)

// Consume is the component that handles what src delivers: at most atOnce messages
// at a time, below 1 counts as 1. [drain.NewConsumer] says what becomes of a
// message, and what handle must know.
//
// A stop ends the fetching first of all, in Announce: there is no load balancer to
// wait for. Drain finishes what was fetched, ends the contexts of handlers shortly
// before its deadline, and gives back what they could not finish; it returns a
// *[drain.HeldError] then, which names the messages. Stop closes src. A message
// whose handler never returned is delivered again when that is done.
//
// Run fails if src does, which stops the app.
func Consume[M drain.Message](src drain.Source[M], atOnce int, handle func(context.Context, M) error, options ...drain.Option) Component {
	c := drain.NewConsumer(src, atOnce, handle, append([]drain.Option{drain.WithCause(StopCause)}, options...)...)
	return Component{
		Run:      c.Serve,
		Announce: NoCtx(func() error { c.Notice(); return nil }),
		Drain:    c.Drain,
		Stop:     c.Close,
		Force:    c.Force,
		Moments:  c.Moments(),
	}
}
