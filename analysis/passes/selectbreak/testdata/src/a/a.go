// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"io"
	"os"
	"time"
)

func handle(int) {}

func ended(ctx context.Context, in chan int) {
	for {
		select {
		case <-ctx.Done():
			break // want `break leaves only the select: the loop goes on, and the ended context is ready again at once`
		case v := <-in:
			handle(v)
		}
	}
}

type worker struct {
	quit chan struct{}
	over chan struct{}
	in   chan int
}

func (w *worker) stop() { close(w.over) }

func (w *worker) run() {
	for {
		select {
		case <-w.quit:
			break // want `break leaves only the select: the loop goes on, and quit does not end it`
		case v := <-w.in:
			handle(v)
		}
	}
}

func (w *worker) closedHere() {
	for {
		select {
		case <-w.over:
			handle(0)
			break // want `the closed channel is ready again at once`
		case v := <-w.in:
			if v < 0 {
				return
			}
		}
	}
}

func (w *worker) notOK() {
	for {
		select {
		case v, ok := <-w.in:
			if ok {
				handle(v)
			}
			if !ok {
				break // want `the closed channel is ready again at once`
			}
		}
	}
}

func signals(c chan os.Signal, in chan int) {
	for {
		select {
		case <-c:
			break // want `the signal is lost`
		case v := <-in:
			handle(v)
		}
	}
}

func read(r io.Reader, buf []byte) {
	for {
		_, err := r.Read(buf)
		switch err {
		case io.EOF:
			break // want `break leaves only the switch: the loop goes on, and the end of the input comes again and again`
		case nil:
			handle(len(buf))
		default:
			return
		}
	}
}

// What follows is innocent.

func labelled(ctx context.Context, in chan int) {
loop:
	for {
		select {
		case <-ctx.Done():
			break loop
		case v := <-in:
			handle(v)
		}
	}
}

func timer(ctx context.Context, t *time.Timer) {
	for {
		select {
		case <-t.C:
			break
		case <-ctx.Done():
			return
		}
	}
}

func lookedAtAfter(ctx context.Context, in chan int) {
	for {
		select {
		case <-ctx.Done():
			break
		case v := <-in:
			handle(v)
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func conditionOfLoop(ctx context.Context, in chan int) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			break
		case v := <-in:
			handle(v)
		}
	}
}

func noLoop(ctx context.Context, in chan int) {
	select {
	case <-ctx.Done():
		break
	case v := <-in:
		handle(v)
	}
}

func niled(a, done chan struct{}, ctx context.Context) {
	for {
		select {
		case _, ok := <-a:
			if !ok {
				a = nil
				break
			}
		case <-ctx.Done():
			return
		}
	}
}

func (w *worker) wake(stopped chan int) {
	for {
		select {
		case <-stopped: // one of several, counted elsewhere
			break
		case v := <-w.in:
			if v == 0 {
				return
			}
		}
	}
}

func inner(ctx context.Context, in chan int) {
	for {
		select {
		case <-ctx.Done():
			for range 3 {
				break
			}
			return
		case v := <-in:
			handle(v)
		}
	}
}
