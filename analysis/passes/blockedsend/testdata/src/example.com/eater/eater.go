// SPDX-License-Identifier: Apache-2.0

// Package eater receives from channels of others.
package eater

import (
	"context"
	"errors"
	"sync"
)

// Items is a channel by another name.
type Items = chan string

func eat(string) error { return nil }

// ErrFull ends a meal.
var ErrFull = errors.New("full")

// Eat leaves at the first error.
func Eat(ch <-chan string) error {
	for s := range ch {
		if err := eat(s); err != nil {
			return err
		}
	}
	return nil
}

// EatAll has workers that all leave at an error.
func EatAll(n int, ch Items) error {
	var wg sync.WaitGroup
	wg.Add(n)
	for range n {
		go func() {
			defer wg.Done()
			for s := range ch {
				err := eat(s)
				if err != nil {
					if errors.Is(err, ErrFull) {
						return
					}
				}
			}
		}()
	}
	wg.Wait()
	return nil
}

// EatTwo gives the channel to another function.
func EatTwo(ch Items) error { return EatAll(2, ch) }

// EatOK asks whether there is more, and breaks.
func EatOK(ch <-chan string) (err error) {
	for {
		s, ok := <-ch
		if !ok {
			return nil
		}
		if err = eat(s); err != nil {
			break
		}
	}
	return err
}

// EatRest takes the rest after an error.
func EatRest(ch <-chan string) error {
	for s := range ch {
		if err := eat(s); err != nil {
			for range ch {
			}
			return err
		}
	}
	return nil
}

// EatDefer takes the rest in any case.
func EatDefer(ch <-chan string) error {
	defer func() {
		for range ch {
		}
	}()
	return Eat(ch)
}

// EatUp goes on until the channel is closed.
func EatUp(ch <-chan string) (err error) {
	for s := range ch {
		err = errors.Join(err, eat(s))
	}
	return err
}

// EatEnd returns at the last, which its sender knows.
func EatEnd(ch <-chan string) error {
	for s := range ch {
		if s == "end" {
			return nil
		}
	}
	return nil
}

// A Result is of a sender that tells of its own error.
type Result struct {
	S   string
	Err error
}

// EatResults returns at the error of the sender.
func EatResults(ch <-chan Result) error {
	for r := range ch {
		if err := r.Err; err != nil {
			return err
		}
	}
	return nil
}

// A Mouth has a method.
type Mouth struct{ Cancel context.CancelFunc }

// Eat leaves at an error, and says so.
func (m *Mouth) Eat(ch <-chan string) error {
	for s := range ch {
		if err := eat(s); err != nil {
			m.Cancel()
			return err
		}
	}
	return nil
}
