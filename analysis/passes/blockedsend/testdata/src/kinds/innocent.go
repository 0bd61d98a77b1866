// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"context"
	"sync"
)

type ticket struct{}

// office has a receiver that takes what is left.
type office struct{ tickets chan ticket }

type clerk struct{ tickets chan ticket }

var offices = map[string]func(chan ticket) *clerk{"one": func(c chan ticket) *clerk { return &clerk{tickets: c} }}

func newOffice(ctx context.Context) *office {
	o := &office{tickets: make(chan ticket)}
	go o.run(ctx)
	go offices["one"](o.tickets).run()
	return o
}

func (o *office) run(ctx context.Context) {
	for {
		select {
		case <-o.tickets:
		case <-ctx.Done():
			for range o.tickets {
			}
			return
		}
	}
}

func (c *clerk) run() {
	for {
		c.tickets <- ticket{}
	}
}

type reply struct{}

// asked has room for the reply.
type asked struct{ replies chan reply }

func (a *asked) wait(ctx context.Context) {
	for {
		select {
		case <-a.replies:
		case <-ctx.Done():
			return
		}
	}
}

func newAsked(ctx context.Context, give func(chan reply)) {
	a := &asked{replies: make(chan reply, 1)}
	give(a.replies)
	go a.wait(ctx)
}

func answer(c chan reply) {
	go func() { c <- reply{} }()
}

type beat struct{}

// heart is looked at by its sender first.
type heart struct {
	beats  chan beat
	closed bool
}

type chest struct{ beats chan beat }

func newChest(ctx context.Context, give func(chan beat)) *chest {
	c := &chest{beats: make(chan beat)}
	give(c.beats)
	go c.listen(ctx)
	return c
}

func (c *chest) listen(ctx context.Context) {
	for {
		select {
		case <-c.beats:
		case <-ctx.Done():
			return
		}
	}
}

func (h *heart) beat() {
	if h.closed {
		return
	}
	h.beats <- beat{}
}

// failing tells of a value that is bad, and takes the rest.
func failing(ctx context.Context, values []int) {
	in := make(chan int)
	go func() {
		defer close(in)
		for _, v := range values {
			in <- v
		}
	}()
	drain(ctx, in)
}

func drain(ctx context.Context, in <-chan int) {
	for v := range in {
		if err := take(ctx, v); err != nil {
			println(err.Error())
		}
	}
}

// last gives word of its end at the stop itself.
func last(ctx context.Context, in <-chan string) <-chan string {
	out := make(chan string)
	go func() {
		for {
			select {
			case s := <-in:
				select {
				case out <- s:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				out <- "end"
				return
			}
		}
	}()
	return out
}

type page struct{}

// printer is stopped when all that send to it have ended.
type printer struct {
	pages chan page
	quit  chan struct{}
	all   sync.WaitGroup
}

func newPrinter(give func(chan page)) *printer {
	p := &printer{pages: make(chan page), quit: make(chan struct{})}
	give(p.pages)
	go p.run()
	return p
}

func (p *printer) run() {
	for {
		select {
		case <-p.pages:
		case <-p.quit:
			return
		}
	}
}

func (p *printer) stop() {
	p.all.Wait()
	close(p.quit)
}

func author(pages chan page) {
	go func() {
		for {
			pages <- page{}
		}
	}()
}
