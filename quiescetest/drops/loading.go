// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// A loading is the load around one stop.
type loading struct {
	*load.Session
	timeout time.Duration
	base    time.Time
	asked   atomic.Bool  // the stop was asked for
	last    atomic.Int64 // the last answer, since base
	gap     atomic.Int64 // the longest time between two, since it was asked for
}

func newLoading(ctx context.Context, t *Trial, addr string) (l *loading, err error) {
	l = &loading{timeout: t.Timeout, base: time.Now()}
	c := t.config(addr)
	c.Loads = slices.Clone(c.Loads)
	for i := range c.Loads {
		done := c.Loads[i].Done
		c.Loads[i].Done = func(a *load.Attempt) {
			if a.Outcome == load.OK {
				l.answered()
			}
			if done != nil {
				done(a)
			}
		}
	}
	l.Session, err = load.Start(ctx, c)
	return l, err
}

// before waits until every caller has been answered once.
func (l *loading) before(ctx context.Context) error {
	late, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	err := l.Served(late)
	if err == nil || ctx.Err() != nil {
		return err
	}
	var sum load.Tally
	for _, t := range l.Tallies() {
		sum.Add(&t)
	}
	return fmt.Errorf("%d of %d callers were not answered before it%s", sum.Unserved, sum.Callers, outcomesText(&sum, load.OK))
}

// lookAway makes new connections reach addr after a while. What it returns is
// closed then.
func (l *loading) lookAway(after time.Duration, addr string) <-chan struct{} {
	done := make(chan struct{})
	look := func() {
		l.Redirect(addr)
		close(done)
	}
	if after > 0 {
		time.AfterFunc(after, look)
	} else {
		look()
	}
	return done
}

// ask notes that the stop is asked for: gaps count from here.
func (l *loading) ask() {
	l.last.Store(int64(time.Since(l.base)))
	l.asked.Store(true)
}

// settle waits until every caller was answered by the server that is there now,
// or is not within its time, and ends the load. What is in flight is waited for.
func (l *loading) settle(ctx context.Context) {
	l.Anew()
	late, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	_ = l.Served(late) // the tallies say who was not
	l.Finish(ctx)
}

// answered keeps the longest gap between answers.
func (l *loading) answered() {
	if !l.asked.Load() {
		return
	}
	now := int64(time.Since(l.base))
	gap := now - l.last.Swap(now)
	for {
		longest := l.gap.Load()
		if gap <= longest || l.gap.CompareAndSwap(longest, gap) {
			return
		}
	}
}
