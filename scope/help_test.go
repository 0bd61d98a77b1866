// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

var errTest = errors.New("test")

// bubble runs f with virtual time, and fails if a goroutine is left.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// mustGo starts a task that has to be admitted.
func mustGo(t *testing.T, s *Scope, name string, f func(context.Context) error) {
	t.Helper()
	if err := s.Go(t.Context(), name, f); err != nil {
		t.Fatalf("Go %q: %v", name, err)
	}
}

// mustStart is mustGo with a handle.
func mustStart(t *testing.T, s *Scope, name string, f func(context.Context) error, options ...TaskOption) *Task {
	t.Helper()
	task, err := s.Start(t.Context(), name, f, options...)
	if err != nil {
		t.Fatalf("Start %q: %v", name, err)
	}
	return task
}

// untilTaken runs until no new work is to be taken, and returns why.
func untilTaken(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// untilCut runs until what was begun is to end, and returns why.
func untilCut(ctx context.Context) error { return untilTaken(WorkContext(ctx)) }

// returns is a task that ends at once.
func returns(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

// until is a task that hears of nothing but the end of c.
func until(c <-chan struct{}) func(context.Context) error {
	return func(context.Context) error {
		<-c
		return nil
	}
}

// sleeps is a task that takes d, whatever its contexts say.
func sleeps(d time.Duration) func(context.Context) error {
	return func(context.Context) error {
		time.Sleep(d)
		return nil
	}
}

// info returns what the survey says of s itself.
func info(t *testing.T, s *Scope) ScopeInfo {
	t.Helper()
	for _, i := range s.Survey().Scopes {
		if i.Path == s.Path() {
			return i
		}
	}
	t.Fatalf("the survey of %q does not have it", s.Path())
	return ScopeInfo{}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) || want == nil && got != nil {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantState(t *testing.T, s *Scope, want State) {
	t.Helper()
	if got := s.State(); got != want {
		t.Errorf("state of %q: got %v, want %v", s.Path(), got, want)
	}
}
