// SPDX-License-Identifier: Apache-2.0

package a

import "context"

type bus struct {
	events chan string
	quiet  chan string
	closed bool
}

func (b *bus) Run(ctx context.Context, f func(string)) {
	for {
		select {
		case <-ctx.Done():
			close(b.events)
			close(b.quiet)
			return
		case e := <-b.events:
			f(e)
		case e := <-b.quiet:
			f(e)
		}
	}
}

func (b *bus) Publish(e string) {
	b.events <- e // want `send on b.events, which Run closes at line \d+ when it ends, although it only receives`
}

func (b *bus) PublishUnlessClosed(e string) {
	if b.closed {
		return
	}
	b.quiet <- e
}
