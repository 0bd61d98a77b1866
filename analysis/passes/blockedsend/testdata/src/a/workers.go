// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

func do(string) error { return nil }

func rename(ctx context.Context, names []string, n int) error {
	jobs := make(chan string, n)
	g, _ := errgroup.WithContext(ctx)
	for range n {
		g.Go(func() error {
			for name := range jobs {
				if err := do(name); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, name := range names {
		jobs <- name // want `jobs is received by goroutines that return at an error, at line \d+: when all have, this send waits for ever`
	}
	close(jobs)
	return g.Wait()
}

func produce(names []string) {
	jobs := make(chan string)
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		defer close(jobs)
		for _, name := range names {
			jobs <- name // want `jobs is received by goroutines that return at an error`
		}
	}()
	go consume(jobs, &wg)
	wg.Wait()
}

func consume(jobs <-chan string, wg *sync.WaitGroup) {
	defer wg.Done()
	for name := range jobs {
		if name == "" {
			continue
		}
		err := do(name)
		if err != nil {
			return
		}
	}
}

// The send ends with the others.
func beside(ctx context.Context, names []string) error {
	jobs := make(chan string)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for name := range jobs {
			if err := do(name); err != nil {
				return err
			}
		}
		return nil
	})
	for _, name := range names {
		select {
		case jobs <- name:
		case <-ctx.Done():
		}
	}
	close(jobs)
	return g.Wait()
}

// There is room for all.
func room(names []string) error {
	jobs := make(chan string, len(names))
	count := len(names)
	more := make(chan string, count)
	tens := make(chan string, 10)
	var g errgroup.Group
	g.Go(func() error { return first(jobs) })
	for _, ch := range []<-chan string{} {
		g.Go(func() error { return first(ch) })
	}
	g.Go(func() error {
		for name := range more {
			if err := do(name); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		for name := range tens {
			if err := do(name); err != nil {
				return err
			}
		}
		return nil
	})
	for _, name := range names {
		jobs <- name
		more <- name
	}
	for i := 0; i < 10; i++ {
		tens <- ""
	}
	return g.Wait()
}

func first(jobs <-chan string) error {
	for name := range jobs {
		if err := do(name); err != nil {
			return err
		}
	}
	return nil
}

type outcome struct {
	name string
	err  error
}

// They go on after an error, one of them receives the rest, or the sender has said that
// it is the last.
func goOn(names []string) error {
	jobs, drained, results := make(chan string), make(chan string), make(chan outcome)
	var g errgroup.Group
	g.Go(func() (failed error) {
		for name := range jobs {
			if err := do(name); err != nil {
				failed = err
			}
		}
		return failed
	})
	g.Go(func() error {
		for name := range drained {
			if err := do(name); err != nil {
				go func() {
					for range drained {
					}
				}()
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		for r := range results {
			if r.err != nil {
				return r.err
			}
		}
		return nil
	})
	for _, name := range names {
		jobs <- name
		drained <- name
		if err := do(name); err != nil {
			results <- outcome{name, err}
			break
		}
	}
	return g.Wait()
}
