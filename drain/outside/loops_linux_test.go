// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"context"
	"sync"
	"testing"
)

// loops run a program again and again, each of its runs to its end.
type loops struct {
	stop    context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex
	tally tally // guarded by mu
	err   error // guarded by mu
}

// loop starts n of them. once runs the program, and returns how to count what it
// printed.
func loop(t *testing.T, n int, once func(i int) func(*tally) error) load {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &loops{stop: stop}
	for i := range n {
		l.running.Go(func() {
			for ctx.Err() == nil {
				l.add(once(i))
			}
		})
	}
	t.Cleanup(func() {
		stop()
		l.running.Wait()
	})
	return l
}

func (l *loops) add(count func(*tally) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := count(&l.tally); err != nil {
		l.err = err
	}
}

func (l *loops) end(t *testing.T) tally {
	t.Helper()
	l.stop()
	l.running.Wait()
	if l.err != nil {
		t.Error(l.err)
	}
	return l.tally
}
