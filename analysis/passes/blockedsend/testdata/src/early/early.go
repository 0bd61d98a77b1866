// SPDX-License-Identifier: Apache-2.0

package early

import "bufio"

// Each branch starts a goroutine, and an error leaves before the receive of both.
func export(w *bufio.Writer, parallel bool, run func() error) error {
	done := make(chan error)
	if parallel {
		go func() { done <- run() }()
	} else {
		go func() {
			done <- run() // want `done has no buffer, and line \d+ leaves without a receive`
		}()
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return <-done
}

// The one that returns has no goroutine.
func once(w *bufio.Writer, aside bool, run func() error) error {
	done := make(chan error)
	if aside {
		go func() { done <- run() }()
	}
	if !aside {
		return run()
	}
	return <-done
}

// The error is that of the branch which starts nothing.
func either(w *bufio.Writer, aside bool, run func() error) error {
	done := make(chan error)
	if aside {
		go func() { done <- run() }()
	} else {
		if err := w.Flush(); err != nil {
			return err
		}
		return nil
	}
	return <-done
}
