// SPDX-License-Identifier: Apache-2.0

package given

import (
	"context"
	"log"

	"example.com/eater"
	"golang.org/x/sync/errgroup"
)

func list(each func(string)) { each("a"); each("b") }

// lister sends from a function that is called for each, as its function waits.
func lister(n int) error {
	ch := make(eater.Items, n)
	done := make(chan error, 1)
	go func() { done <- eater.EatAll(n, ch) }()
	list(func(s string) {
		ch <- s // want `ch is received by eater.EatAll, at line \d+, which leaves at an error: then this send waits for ever`
	})
	close(ch)
	return <-done
}

// items are sent by a goroutine, to who calls.
func items(n int) eater.Items {
	out := make(eater.Items, n)
	go func() {
		defer close(out)
		list(func(s string) {
			out <- s // want `out is received by eater.EatTwo`
		})
	}()
	return out
}

func purge() error { return eater.EatTwo(items(3)) }

// producer stays behind when its function returns.
func producer(all []string) error {
	ch := make(chan string)
	go func() {
		defer close(ch)
		for _, s := range all {
			ch <- s // want `ch is received by eater.EatOK`
		}
		ch <- "end" // want `ch is received by eater.EatOK`
	}()
	return eater.EatOK(ch)
}

func produce(ch chan<- string, all []string) {
	defer close(ch)
	for _, s := range all {
		ch <- s // want `ch is received by eater.Eat`
	}
}

func producers(all []string) error {
	ch := make(chan string)
	go produce(ch, all)
	return eater.Eat(ch)
}

func literal(all []string) {
	ch := make(chan string)
	go func(ch chan string) {
		for _, s := range all {
			ch <- s // want `ch is received by eater.Eat`
		}
		ch <- "end" // want `ch is received by eater.Eat`
		close(ch)
	}(ch)
	eater.Eat(ch)
}

// grouped has a context that the sender does not look at.
func grouped(ctx context.Context, all []string) error {
	ch := make(chan string)
	g, ctx := errgroup.WithContext(ctx)
	m := &eater.Mouth{}
	g.Go(func() error { return m.Eat(ch) })
	g.Go(func() error {
		defer close(ch)
		for _, s := range all {
			ch <- s // want `ch is received by m.Eat`
		}
		return ctx.Err()
	})
	return g.Wait()
}

// local is of this package.
func local(ch <-chan int, do func(int) error, errc chan<- error) {
	for i := range ch {
		if err := do(i); err != nil {
			errc <- err
			return
		}
	}
}

func workers(n int, do func(int) error) error {
	ch, errc := make(chan int), make(chan error, n)
	for range n {
		go local(ch, do, errc)
	}
	for i := range 100 {
		ch <- i // want `ch is received by`
	}
	close(ch)
	return <-errc
}

// The rest is innocent.

// selected looks at what the error of the receiver cancels.
func selected(ctx context.Context, all []string) error {
	ch := make(chan string)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return eater.Eat(ch) })
	g.Go(func() error {
		defer close(ch)
		for _, s := range all {
			select {
			case ch <- s:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return g.Wait()
}

// roomy has room for all.
func roomy(all []string) error {
	ch := make(chan string, len(all))
	go func() {
		defer close(ch)
		for _, s := range all {
			ch <- s
		}
	}()
	return eater.Eat(ch)
}

// counted has room for as many as it sends.
func counted(n int) error {
	ch := make(chan string, n)
	go func() {
		defer close(ch)
		for range n {
			ch <- ""
		}
	}()
	return eater.Eat(ch)
}

// one is taken in any case.
func one(s string) error {
	ch := make(chan string)
	go func() {
		ch <- s
		close(ch)
	}()
	return eater.Eat(ch)
}

// single is sent by a loop that ends with it.
func single(next func() (string, bool)) error {
	ch := make(chan string)
	go func() {
		defer close(ch)
		for {
			if s, ok := next(); ok {
				ch <- s
				return
			}
		}
	}()
	return eater.Eat(ch)
}

// rest takes what is left itself.
func rest(all []string) error {
	ch := make(chan string)
	go produceFor(ch, all)
	if err := eater.Eat(ch); err != nil {
		for range ch {
		}
		return err
	}
	return nil
}

func produceFor(ch chan<- string, all []string) {
	defer close(ch)
	for _, s := range all {
		ch <- s
	}
}

func taken(all []string, eat func(<-chan string) error) {
	for _, f := range []func(<-chan string) error{eater.EatRest, eater.EatUp} {
		ch := make(chan string)
		go produceFor(ch, all)
		if err := f(ch); err != nil {
			log.Print(err)
		}
	}
}

func restful(all []string) error {
	ch := make(chan string)
	go produceFor(ch, all)
	return eater.EatRest(ch)
}

func deferred(all []string) error {
	ch := make(chan string)
	go produceFor(ch, all)
	return eater.EatDefer(ch)
}

func uneasy(all []string) error {
	ch := make(chan string)
	go produceFor(ch, all)
	return eater.EatUp(ch)
}

func ended(all []string) error {
	ch := make(chan string)
	go produceFor(ch, append(all, "end"))
	return eater.EatEnd(ch)
}

func results(all []string) error {
	ch := make(chan eater.Result)
	go func() {
		defer close(ch)
		for _, s := range all {
			ch <- eater.Result{S: s}
		}
		ch <- eater.Result{Err: context.Canceled}
	}()
	return eater.EatResults(ch)
}

// fatal ends the process.
func fatal(all []string) {
	ch := make(chan string)
	go produceFor(ch, all)
	if err := eater.Eat(ch); err != nil {
		log.Fatal(err)
	}
}

// again receives until all is taken.
func again(all []string) {
	ch := make(chan string)
	go produceFor(ch, all)
	for {
		if err := eater.Eat(ch); err == nil {
			return
		}
	}
}
