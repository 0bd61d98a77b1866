// SPDX-License-Identifier: Apache-2.0

// Package feed has workers that range over a channel until who feeds them closes it.
package feed

import (
	"context"
	"errors"
	"sync"
)

var errLate = errors.New("too late")

func parse(string) (int, error) { return 0, nil }

func work(int) error { return nil }

// Early returns before the close: the workers stay.
func Early(lines []string) error {
	ch := make(chan int, 8)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() { // want `goes on until ch is closed, which the function of line 19 does not do when it returns at line 36`
			defer wg.Done()
			for n := range ch {
				if work(n) != nil {
					return
				}
			}
		}()
	}
	for _, line := range lines {
		n, err := parse(line)
		if err != nil {
			return err
		}
		ch <- n
	}
	close(ch)
	wg.Wait()
	return nil
}

// EarlyBehind hands the channel to a function.
func EarlyBehind(lines []string) error {
	ch := make(chan int)
	go drain(ch) // want `goes on until ch is closed`
	for _, line := range lines {
		if line == "" {
			return errLate
		}
		ch <- len(line)
	}
	close(ch)
	return nil
}

func drain(in <-chan int) {
	for n := range in {
		_ = work(n)
	}
}

// Feeder has a goroutine that feeds, and leaves with the context.
func Feeder(ctx context.Context, lines []string) {
	ch := make(chan int)
	go func() {
		for _, line := range lines {
			select {
			case ch <- len(line):
			case <-ctx.Done():
				return
			}
		}
		close(ch)
	}()
	for range 2 {
		go drainAll(ctx, ch) // want `goes on until ch is closed`
	}
}

func drainAll(_ context.Context, in chan int) {
	for n := range in {
		_ = work(n)
	}
}

// Deferred closes in any case.
func Deferred(lines []string) error {
	ch := make(chan int)
	defer close(ch)
	go func() {
		for n := range ch {
			_ = work(n)
		}
	}()
	for _, line := range lines {
		n, err := parse(line)
		if err != nil {
			return err
		}
		ch <- n
	}
	return nil
}

// Before returns before there are workers.
func Before(lines []string) error {
	ch := make(chan int)
	if len(lines) == 0 {
		return errLate
	}
	go func() {
		for n := range ch {
			_ = work(n)
		}
	}()
	for _, line := range lines {
		ch <- len(line)
	}
	close(ch)
	return nil
}

// Each closes before each return.
func Each(lines []string) error {
	ch := make(chan int)
	go func() {
		for n := range ch {
			_ = work(n)
		}
	}()
	for _, line := range lines {
		n, err := parse(line)
		if err != nil {
			close(ch)
			return err
		}
		ch <- n
	}
	close(ch)
	return nil
}

// Told returns when its only worker has said why it has left.
func Told(lines []string) error {
	ch := make(chan int)
	failed := make(chan error, 1)
	go func() {
		for n := range ch {
			if err := work(n); err != nil {
				failed <- err
				return
			}
		}
	}()
	for _, line := range lines {
		select {
		case ch <- len(line):
		case err := <-failed:
			return err
		}
	}
	close(ch)
	return nil
}

// Sometimes has a worker only for many lines.
func Sometimes(lines []string) error {
	ch := make(chan int)
	if len(lines) > 100 {
		go func() {
			for n := range ch {
				_ = work(n)
			}
		}()
	}
	if len(lines) <= 100 {
		return nil
	}
	for _, line := range lines {
		ch <- len(line)
	}
	close(ch)
	return nil
}

// Cleans has a function that closes.
func Cleans(lines []string) error {
	ch := make(chan int)
	stop := func() { close(ch) }
	go func() {
		for n := range ch {
			_ = work(n)
		}
	}()
	for _, line := range lines {
		n, err := parse(line)
		if err != nil {
			stop()
			return err
		}
		ch <- n
	}
	stop()
	return nil
}

// Asks has workers that ask whether the channel is closed.
func Asks(lines []string) error {
	ch := make(chan int)
	for range 4 {
		go func() { // want `goes on until ch is closed`
			for {
				n, ok := <-ch
				if !ok {
					return
				}
				_ = work(n)
			}
		}()
	}
	for _, line := range lines {
		n, err := parse(line)
		if err != nil {
			return err
		}
		ch <- n
	}
	close(ch)
	return nil
}

// Hears has workers that see the end of the context, too.
func Hears(ctx context.Context, lines []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ch := make(chan int)
	for range 4 {
		go func() {
			for {
				select {
				case n, ok := <-ch:
					if !ok {
						return
					}
					_ = work(n)
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	for _, line := range lines {
		n, err := parse(line)
		if err != nil {
			return err
		}
		ch <- n
	}
	close(ch)
	return nil
}
