// SPDX-License-Identifier: Apache-2.0

package a

import "context"

func stage(ctx context.Context, in <-chan int, f func(context.Context, int) (int, error)) (<-chan int, chan error) {
	out, errs := make(chan int), make(chan error)
	go func() {
		defer close(out)
		defer close(errs)
		for n := range orDone(ctx, in) {
			go func() {
				n, err := f(ctx, n)
				if err != nil {
					errs <- err
				} else {
					out <- n // want `out has no buffer, and who receives from it leaves at line \d+`
				}
			}()
		}
	}()
	return out, errs
}

func sink(ctx context.Context, in <-chan int, f func(context.Context, int) (int, error)) error {
	out, errs := stage(ctx, in, f)
	go func() {
		for range orDone(ctx, out) {
		}
	}()
	for err := range errs { // to the end
		return err
	}
	return nil
}

func orDone[T any](ctx context.Context, in <-chan T) <-chan T {
	values := make(chan T)
	go func() {
		defer close(values)
		for {
			select {
			case <-ctx.Done():
				return
			case v, ok := <-in:
				if !ok {
					return
				}
				select {
				case values <- v:
				case <-ctx.Done():
				}
			}
		}
	}()
	return values
}

// Who gets it takes all.
func numbers(n int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := range n {
			out <- i
		}
	}()
	return out
}

func sum(n int) (s int) {
	ch := numbers(n)
	for n := range ch {
		s += n
	}
	return s
}

// Who gets it leaves, and the sender sees that.
func polite(ctx context.Context) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := 0; ; i++ {
			select {
			case out <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func oneOf(ctx context.Context) int {
	ch := polite(ctx)
	select {
	case n := <-ch:
		return n
	case <-ctx.Done():
		return 0
	}
}

// linesOf has lines that are read by a goroutine.
func linesOf(n int) <-chan string {
	out := make(chan string)
	go func() {
		defer close(out)
		for range n {
			out <- "x" // want `out has no buffer, and who receives from it leaves at line \d+`
		}
	}()
	return out
}

func eachLine(do func(string) error) error {
	for l := range linesOf(3) {
		if err := do(l); err != nil {
			return err
		}
	}
	return nil
}

// later gives the error of what it runs to who waits for it.
func later(do func() error) <-chan error {
	ch := make(chan error)
	go func() {
		ch <- do() // want `ch has no buffer, and who receives from it leaves at line \d+`
	}()
	return ch
}

func forgets(do func() error) { later(do) }

// answersOf is read to the end.
func answersOf(n int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := range n {
			out <- i
		}
	}()
	return out
}

func sumOf() (n int) {
	for i := range answersOf(3) {
		n += i
	}
	return n
}

func countdown(n int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := range n {
			out <- i // want `out has no buffer, and who receives from it leaves at line \d+: this send, and its goroutine, then wait for ever`
		}
	}()
	return out
}

func countsTo(to chan<- int, failed <-chan error) error {
	for i := range countdown(10) {
		select {
		case to <- i:
		case err := <-failed:
			return err
		}
	}
	return nil
}
