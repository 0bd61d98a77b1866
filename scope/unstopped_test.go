// SPDX-License-Identifier: Apache-2.0

package scope_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// hang waits for the channel in a function whose name is looked for.
func hang(c <-chan struct{}) { <-c }

// Close names who did not stop, where they are, and what they have started, in the
// error, as text, as JSON and for slog.
func TestUnstopped(t *testing.T) {
	ctx := t.Context()
	release := make(chan struct{})
	defer close(release)
	s := scope.New(context.Background(), "shop", scope.WithAges())
	cache := scope.New(s.Context(), "cache")
	for range 3 {
		mustGo(t, cache, "refresh", func(context.Context) error { hang(release); return nil })
	}
	mustGo(t, s, "parent", func(context.Context) error {
		go hang(release)
		hang(release)
		return nil
	})
	mustGo(t, s, "obedient", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })

	gone, cancel := context.WithTimeoutCause(ctx, 50*time.Millisecond, errors.New("out of time"))
	defer cancel()
	err := s.Close(gone)
	e, ok := errors.AsType[*scope.UnstoppedError](err)
	if !ok {
		t.Fatalf("Close: %v", err)
	}
	const want = `: "parent" of "shop", "refresh" of "shop/cache" (3): out of time`
	if text := err.Error(); !strings.HasPrefix(text, `scope: close "shop": still running after `) || !strings.HasSuffix(text, want) {
		t.Errorf("error: %s", text)
	}
	if v := e.Survey; len(v.Groups) != 2 || len(v.Orphans) != 1 {
		t.Fatalf("survey: %+v", v)
	}
	refresh := e.Survey.Groups[1]
	if refresh.Count != 3 || refresh.Cancelled <= 0 || refresh.Cause != scope.ErrStopped.Error() || refresh.Oldest < refresh.Cancelled {
		t.Errorf("group: %+v", refresh)
	}
	if len(refresh.Stacks) != 1 || refresh.Stacks[0].Count != 3 || refresh.Stacks[0].Blocked != "chan receive" {
		t.Errorf("stacks: %+v", refresh.Stacks)
	}
	text := e.Survey.Text()
	for _, part := range []string{"task \"refresh\" of \"shop/cache\" (3), ", "  3 in chan receive", "scope_test.hang scope/unstopped_test.go:", "orphan of task \"parent\" of \"shop\"\n  1 in chan receive"} {
		if !strings.Contains(text, part) {
			t.Errorf("text lacks %q:\n%s", part, text)
		}
	}
	var back scope.Survey
	if data, err := json.Marshal(e.Survey); err != nil || json.Unmarshal(data, &back) != nil || back.Text() != text {
		t.Errorf("JSON does not come back: %s", data)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Error("close", "err", e)
	if !strings.Contains(log.String(), "err.scope=shop") || !strings.Contains(log.String(), "err.tasks.shop/cache:refresh=3") {
		t.Errorf("log: %s", log.String())
	}
}

func mustGo(t *testing.T, s *scope.Scope, name string, f func(context.Context) error) {
	t.Helper()
	if err := s.Go(t.Context(), name, f); err != nil {
		t.Fatal(err)
	}
}
