// SPDX-License-Identifier: Apache-2.0

package a

import (
	"bufio"
	"fmt"
	"io"
)

type tap struct {
	out   *bufio.Writer
	quit  chan struct{}
	done  chan struct{}
	queue chan string
}

func (t *tap) start() {
	go t.serve() // want `close does not wait for this goroutine, which still calls t.out.Flush then: the process may end before`
}

func (t *tap) serve() {
	for {
		select {
		case s := <-t.queue:
			t.out.WriteString(s)
		case <-t.quit:
			t.out.Flush()
			return
		}
	}
}

func (t *tap) close() { close(t.quit) }

type told struct{ tap }

func (t *told) start() { go t.serve() }

func (t *told) serve() {
	defer close(t.done)
	for {
		select {
		case s := <-t.queue:
			t.out.WriteString(s)
		case <-t.quit:
			t.out.Flush()
			return
		}
	}
}

func (t *told) Close() {
	close(t.quit)
	<-t.done
}

func show(w io.Writer, lines []string) {
	results := make(chan string)
	go func() { // want `nobody waits for this goroutine after the close of results at line \d+: the last values may be lost`
		for res := range results {
			fmt.Fprintln(w, res)
		}
	}()
	for _, l := range lines {
		results <- l
	}
	close(results)
}

func waited(w io.Writer, lines []string) {
	results := make(chan string)
	done := make(chan struct{})
	go func() {
		for res := range results {
			fmt.Fprintln(w, res)
		}
		close(done)
	}()
	for _, l := range lines {
		results <- l
	}
	close(results)
	<-done
}

// failures counts what goes wrong, and looks at it before all is counted.
func failures(all []func() error) int {
	errs := make(chan error, 10)
	n := 0
	go func() { // want `nobody waits for this goroutine after the close of errs at line \d+: the last values may be lost`
		for err := range errs {
			if err != nil {
				n++
			}
		}
	}()
	for _, f := range all {
		errs <- f()
	}
	close(errs)
	return n
}

// own has its own count, which nobody looks at.
func own(all []func() error) {
	errs := make(chan error, 10)
	go func() {
		for err := range errs {
			n := 0
			if err != nil {
				n++
			}
		}
	}()
	for _, f := range all {
		errs <- f()
	}
	close(errs)
}
