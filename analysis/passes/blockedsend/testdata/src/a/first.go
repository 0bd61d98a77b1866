// SPDX-License-Identifier: Apache-2.0

package a

import "sync"

func takesFirstError(xs []int, f func(int) error) error {
	var wg sync.WaitGroup
	errs, done := make(chan error), make(chan bool)
	for _, x := range xs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := f(x); err != nil {
				errs <- err // want `errs has no buffer`
			}
		}()
	}
	go func() {
		wg.Wait()
		close(done)
	}()
	for {
		select {
		case err := <-errs:
			return err
		case <-done:
			return nil
		}
	}
}

// It counts them.
func takesAllErrors(xs []int, f func(int) error) (last error) {
	errs := make(chan error)
	for _, x := range xs {
		go func() { errs <- f(x) }()
	}
	for n := 0; ; {
		select {
		case err := <-errs:
			if err != nil {
				last = err
			}
			if n++; n == len(xs) {
				return last
			}
		}
	}
}
