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

// What follows is innocent.

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
