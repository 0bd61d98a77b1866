// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/pool"
)

// submit gives p a job that must be accepted.
func submit(t *testing.T, p *pool.Pool, name string, f func(context.Context) error) {
	t.Helper()
	if err := p.Submit(t.Context(), name, f); err != nil {
		t.Fatalf("Submit %q: %v", name, err)
	}
}

func start(t *testing.T, p *pool.Pool, name string, f func(context.Context) error) *pool.Job {
	t.Helper()
	j, err := p.Start(t.Context(), name, f)
	if err != nil {
		t.Fatalf("Start %q: %v", name, err)
	}
	return j
}

// sleeps returns a job that takes d, whatever its context says.
func sleeps(d time.Duration) func(context.Context) error {
	return func(context.Context) error { time.Sleep(d); return nil }
}

func nothing(context.Context) error { return nil }

// within returns a context with a deadline.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// wantStats compares what stays of the pool's counts when everybody waits.
func wantStats(t *testing.T, p *pool.Pool, want pool.Stats) {
	t.Helper()
	synctest.Wait()
	got := p.Stats()
	want.Min, want.Max = got.Min, got.Max
	if got != want {
		t.Errorf("stats:\n got %+v\nwant %+v", got, want)
	}
}
