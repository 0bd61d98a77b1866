// SPDX-License-Identifier: Apache-2.0

package a

import (
	"net/http"
	"sync"
)

// There is room for one of the two that are left.
func three(a, b, c *http.Server) error {
	errs := make(chan error, 1)
	go func() { errs <- a.ListenAndServe() }() // want `several goroutines send to errs, which has room for 1, and line \d+ receives once`
	go func() { errs <- b.ListenAndServe() }() // want `several goroutines send to errs, which has room for 1`
	go func() { errs <- c.ListenAndServe() }() // want `several goroutines send to errs, which has room for 1`
	return <-errs
}

func firstError(jobs []func() error) error {
	errs := make(chan error, 1)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for _, job := range jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := job(); err != nil {
				errs <- err // want `several goroutines send to errs, which has room for 1`
			}
		}()
	}
	go func() { wg.Wait(); close(done) }()
	select {
	case err := <-errs:
		return err
	case <-done:
		return nil
	}
}

// There is room for those that are left.
func listed(a, b, c *http.Server) error {
	errs := make(chan error, 2)
	for _, s := range []*http.Server{a, b, c} {
		go func() { errs <- s.ListenAndServe() }()
	}
	return <-errs
}

func fixedNumber(query func() int) int {
	answers := make(chan int, 3)
	for range 4 {
		go func() { answers <- query() }()
	}
	return <-answers
}

func sized(backends []func() int) int {
	answers := make(chan int, len(backends))
	for _, b := range backends {
		go func() { answers <- b() }()
	}
	return <-answers
}

// A loop that leaves when it has started one.
func chosen(backends []func() (int, bool)) int {
	answers := make(chan int, 1)
	for _, b := range backends {
		n, ok := b()
		if !ok {
			continue
		}
		go func() { answers <- n }()
		break
	}
	return <-answers
}

// Those that find no room go on.
func politely(jobs []func() error) error {
	errs := make(chan error, 1)
	for _, job := range jobs {
		go func() {
			select {
			case errs <- job():
			default:
			}
		}()
	}
	return <-errs
}
