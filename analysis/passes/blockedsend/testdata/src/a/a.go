// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"errors"
	"time"
)

func query() int  { return 1 }
func check() error { return errors.New("no") }

func timeout(ctx context.Context) (int, error) {
	ch := make(chan int)
	go func() { ch <- query() }() // want `ch has no buffer, and line \d+ leaves without a receive`
	select {
	case r := <-ch:
		return r, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func after() error {
	errc := make(chan error)
	go func() {
		if err := check(); err != nil {
			errc <- err // want `errc has no buffer, and line \d+ leaves without a receive`
		}
	}()
	select {
	case err := <-errc:
		return err
	case <-time.After(time.Second):
	}
	return nil
}

func named(ch chan int) { ch <- query() } // want `ch has no buffer, and line \d+ leaves without a receive`

func byName(ctx context.Context) {
	res := make(chan int)
	go named(res)
	for {
		select {
		case <-res:
			return
		case <-ctx.Done():
			return
		}
	}
}

func early() (int, error) {
	ch := make(chan int)
	go func() { ch <- query() }() // want `ch has no buffer, and line \d+ leaves without a receive`
	if err := check(); err != nil {
		return 0, err
	}
	return <-ch, nil
}

func all(n int) error {
	errs := make(chan error)
	for range n {
		go func() { errs <- check() }() // want `errs has no buffer, and line \d+ leaves without a receive`
	}
	for range n {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func ownSend() chan error {
	errc := make(chan error)
	if err := check(); err != nil {
		errc <- err // want `errc has no buffer, and nobody else has it yet`
	}
	return errc
}

func paths(list chan<- string) {
	defer close(list)
	for range 3 {
		list <- "x" // want `list has no buffer, and line \d+ leaves without a receive`
	}
}

func gather() error {
	list := make(chan string)
	go paths(list)
	for p := range list {
		if err := open(p); err != nil {
			return err
		}
	}
	return nil
}

func open(string) error { return nil }

type plugin struct {
	errs    chan error
	results chan int
	own     chan int
}

func newPlugin() *plugin {
	return &plugin{errs: make(chan error), results: make(chan int), own: make(chan int)}
}

func (p *plugin) start(ctx context.Context) {
	go p.publish(ctx)
	go p.read()
}

func (p *plugin) publish(ctx context.Context) {
	for {
		select {
		case <-p.errs:
			p.own <- 1 // want `p.own has no buffer, and this is in the goroutine that alone receives from it`
		case <-p.results:
			p.one()
		case <-p.own:
		case <-ctx.Done():
			return
		}
	}
}

func (p *plugin) one() {
	p.own <- 1 // want `p.own has no buffer, and this is in the goroutine that alone receives from it`
}

func (p *plugin) read() {
	for {
		if err := check(); err != nil {
			p.errs <- err // want `p.errs has no buffer, and its receiver leaves at line \d+`
			return
		}
		p.result()
	}
}

func (p *plugin) result() {
	p.results <- query() // want `p.results has no buffer, and its receiver leaves at line \d+`
}

// What follows is innocent.

type item struct {
	path string
	err  error
}

func items(list chan<- item) {
	defer close(list)
	for range 3 {
		if err := check(); err != nil {
			list <- item{err: err}
			return
		}
		list <- item{}
	}
}

func gatherAll() error {
	list := make(chan item)
	go items(list)
	for i := range list {
		if i.err != nil {
			return i.err
		}
	}
	return nil
}

type hub struct{ in chan int }

func newHub() *hub { return &hub{in: make(chan int)} }

func (h *hub) run(ctx context.Context) {
	go func() {
		for {
			select {
			case <-h.in:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		for range 3 {
			select {
			case h.in <- query():
			case <-ctx.Done():
			}
		}
	}()
}

func buffered(ctx context.Context) (int, error) {
	ch := make(chan int, 1)
	go func() { ch <- query() }()
	select {
	case r := <-ch:
		return r, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func senderLooks(ctx context.Context) (int, error) {
	ch := make(chan int)
	go func() {
		select {
		case ch <- query():
		case <-ctx.Done():
		}
	}()
	select {
	case r := <-ch:
		return r, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func waits(ctx context.Context, cancel func()) int {
	ch := make(chan int)
	go func() { ch <- query() }()
	select {
	case r := <-ch:
		return r
	case <-ctx.Done():
		cancel()
	}
	return <-ch
}

func drained(ctx context.Context) {
	ch := make(chan int)
	defer func() { <-ch }()
	go func() { ch <- query() }()
	<-ctx.Done()
}

func either() (int, error) {
	ch, errc := make(chan int), make(chan error)
	go func() {
		if err := check(); err != nil {
			errc <- err
			return
		}
		ch <- query()
	}()
	select {
	case r := <-ch:
		return r, nil
	case err := <-errc:
		return 0, err
	}
}

func counted(n int) error {
	errs := make(chan error)
	for range n {
		go func() { errs <- check() }()
	}
	var first error
	for {
		if err := <-errs; err != nil {
			first = err
		}
		if n--; n == 0 {
			return first
		}
	}
}

func given(ctx context.Context, out func(chan int)) {
	ch := make(chan int)
	out(ch)
	go func() { ch <- query() }()
	select {
	case <-ch:
	case <-ctx.Done():
	}
}

func returned() <-chan int {
	ch := make(chan int)
	go func() { ch <- query() }()
	return ch
}

func never(ctx context.Context) int {
	ch := make(chan int)
	go func() { ch <- query() }()
	select {
	case r := <-ch:
		return r
	case <-ctx.Done():
		panic("late")
	}
}

func tested(n int) {
	ch := make(chan int)
	if n > 0 {
		go func() { ch <- query() }()
	}
	if n > 0 {
		<-ch
	}
}
