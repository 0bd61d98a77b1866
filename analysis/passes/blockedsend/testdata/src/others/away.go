// SPDX-License-Identifier: Apache-2.0

package others

import "context"

// A client passes on what it hears, to whoever has made it.
type client struct {
	invitations chan<- string
	kept        chan string
	messages    chan string
}

func NewClient(invitations chan<- string) *client {
	return &client{invitations: invitations, kept: make(chan string, 1), messages: make(chan string)}
}

func (c *client) Serve(ctx context.Context) error {
	for {
		select {
		case m := <-c.messages:
			c.invitations <- m // want `this send on c\.invitations does not look for the stop of line \d+, and other packages receive from it`
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// The last that is sent.
func (c *client) once(ctx context.Context) {
	for {
		select {
		case m := <-c.messages:
			c.invitations <- m
			return
		case <-ctx.Done():
			return
		}
	}
}

// Here the stop is looked for.
func (c *client) both(ctx context.Context) {
	for {
		select {
		case m := <-c.messages:
			select {
			case c.invitations <- m:
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// A reply has room for one.
func (c *client) answer(ctx context.Context, waiting map[string]chan bool) {
	for {
		select {
		case m := <-c.messages:
			ch, ok := waiting[m]
			if !ok {
				continue
			}
			ch <- true
		case <-ctx.Done():
			return
		}
	}
}
