// SPDX-License-Identifier: Apache-2.0

package a

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/signal"
)

// prompts has two goroutines that send, of which one closes.
func prompts(ctx context.Context, in io.Reader) {
	prompt := make(chan int, 1)
	user := make(chan os.Signal, 1)
	signal.Notify(user, os.Interrupt)
	go lines(in, prompt)
	go func() {
		for {
			select {
			case <-user:
				push(prompt)
			case <-ctx.Done():
				return
			}
		}
	}()
	for range prompt {
		work()
	}
}

func lines(in io.Reader, prompt chan<- int) {
	defer close(prompt)
	scanner := bufio.NewScanner(in)
	for scanner.Scan() {
		push(prompt)
	}
}

func push(prompt chan<- int) {
	select {
	case prompt <- 1: // want `send on prompt, which the goroutine of line \d+ closes when it ends, without waiting for this one: then it panics`
	default:
	}
}

func work() {}

// told closes when the other has said that it is done.
func told(in io.Reader) {
	out, done := make(chan int), make(chan struct{})
	go func() {
		defer close(done)
		out <- 1
	}()
	go func() {
		<-done
		close(out)
	}()
	for range out {
		work()
	}
}

// gatherer asks all its workers, also those that have ended.
type gatherer struct{ asked []chan struct{} }

func (g *gatherer) add(run func(<-chan struct{})) {
	ch := make(chan struct{}, 1)
	g.asked = append(g.asked, ch)
	go func() {
		run(ch)
		close(ch)
	}()
}

func (g *gatherer) ask() {
	for i := range g.asked {
		select {
		case g.asked[i] <- struct{}{}: // want `send on g.asked\[i\], which the goroutine that has it closes at line \d+ when it ends, and leaves in asked: then it panics`
		default:
		}
	}
}

// forgetful takes those out that have ended.
type forgetful struct{ asked []chan struct{} }

func (g *forgetful) add(run func(<-chan struct{})) {
	ch := make(chan struct{}, 1)
	g.asked = append(g.asked, ch)
	go func() {
		run(ch)
		g.asked = g.asked[:0]
		close(ch)
	}()
}

func (g *forgetful) ask() {
	for _, ch := range g.asked {
		ch <- struct{}{}
	}
}

// supply has a goroutine that sends by way of a method.
type supply struct {
	in   *bufio.Scanner
	out  chan string
	file io.Closer
}

func (f *supply) start() { go f.read() }

func (f *supply) read() {
	for f.in.Scan() {
		f.emit(f.in.Text())
	}
}

func (f *supply) emit(s string) {
	f.out <- s // want `send on f.out, which Stop closes at line \d+ without waiting for this goroutine: then it panics`
}

func (f *supply) Stop() { close(f.out) }

// replay sends before it starts the goroutine that stops it.
type replay struct{ out chan string }

func (r *replay) start() { go r.run() }

func (r *replay) run() {
	r.first()
	go func() {
		work()
		r.Stop()
	}()
}

func (r *replay) first() { r.out <- "" }

func (r *replay) Stop() { close(r.out) }
