// SPDX-License-Identifier: Apache-2.0

package helper

import "sync"

// Workers work.
type Workers struct {
	quit chan struct{}
	wg   sync.WaitGroup
}

// NewWorkers returns some.
func NewWorkers() *Workers { return &Workers{quit: make(chan struct{})} }

// Start starts them.
func (w *Workers) Start() {
	w.wg.Go(func() { <-w.quit })
}

// Stop waits for them.
func (w *Workers) Stop() {
	close(w.quit)
	w.wg.Wait()
}
