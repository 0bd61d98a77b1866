// SPDX-License-Identifier: Apache-2.0

package handed

import "example.com/stream"

var _ stream.Source = (*table)(nil)

type table struct{ rows []string }

// Copy of package stream leaves at an error.
func (t *table) Records(name string) (<-chan string, error) {
	ch := make(chan string)
	go func() {
		ch <- name // the first is taken
		for _, r := range t.rows {
			ch <- r // want `the caller of Source\.Records, in package stream, leaves ch at an error: then this send waits for ever`
		}
		t.each(func(s string) { ch <- s }) // want `in package stream, leaves ch at an error`
		ch <- ""                           // want `in package stream, leaves ch at an error`
		close(ch)
	}()
	return ch, nil
}

func (t *table) each(f func(string)) {
	for _, r := range t.rows {
		f(r)
	}
}

// One that asks another of the package for the channel.
type view struct{ t *table }

func (v view) Records(name string) (<-chan string, error) { return v.t.stream(name), nil }

func (t *table) stream(name string) <-chan string {
	ch := make(chan string, 2)
	go func() {
		defer close(ch)
		ch <- name // there is room
		for _, r := range t.rows {
			ch <- r // want `in package stream, leaves ch at an error`
		}
	}()
	return ch
}

// One that has as much room as there is to send.
type short struct{ rows []string }

func (s short) Records(string) (<-chan string, error) {
	ch := make(chan string, len(s.rows))
	go func() {
		defer close(ch)
		for _, r := range s.rows {
			ch <- r
		}
	}()
	return ch, nil
}

// One that looks for an end.
type bound struct {
	rows []string
	done chan struct{}
}

func (b bound) Records(string) (<-chan string, error) {
	ch := make(chan string)
	go func() {
		defer close(ch)
		for _, r := range b.rows {
			select {
			case ch <- r:
			case <-b.done:
				return
			}
		}
	}()
	return ch, nil
}

// A method of the same name, of what is no Source.
type other struct{ rows []string }

func (o other) Records(int) <-chan string {
	ch := make(chan string)
	go func() {
		defer close(ch)
		for _, r := range o.rows {
			ch <- r
		}
	}()
	return ch
}

// Count of package stream takes all, and Print the rest.
func (t *table) Names() <-chan string { return t.all() }

func (t *table) Pages() <-chan string { return t.all() }

func (t *table) all() <-chan string {
	ch := make(chan string)
	go func() {
		defer close(ch)
		for _, r := range t.rows {
			ch <- r
		}
	}()
	return ch
}
