// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// hang and hangElsewhere are where hooks of the test hang.
func hang[T any](release <-chan T)          { <-release }
func hangElsewhere(release <-chan struct{}) { <-release }

// The stack of an abandoned hook is that of its own goroutine, from where it
// hangs to where we called it: not of one that it launched, nor of another hook
// of the component. It is found by its label, to which the hook may add others.
func TestStackOfAbandonedHooks(t *testing.T) {
	t.Setenv(quiesce.GraceVariable, "")
	var report *quiesce.Report
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		app.Add(`in "quotes"`, quiesce.Component{
			Run:   func(context.Context) error { hangElsewhere(release); return nil },
			Drain: func(context.Context) error { hang(release); return nil },
			Stop:  func(context.Context) error { go hangElsewhere(release); hang(release); return nil },
		})
		app.Add("adds", quiesce.Component{Stop: func(ctx context.Context) error {
			pprof.Do(ctx, pprof.Labels("a", "b", "z", "y"), func(context.Context) { hang(release) })
			return nil
		}})
		app.Add("replaces", quiesce.Component{Stop: func(context.Context) error {
			pprof.SetGoroutineLabels(context.Background())
			hang(release)
			return nil
		}})
		r := quiescetest.Start(t, app, quiescetest.AllowUnclean())
		r.Shutdown(nil)
		report = r.Wait()
	})
	var got []string
	for _, h := range report.Hooks {
		if h.Outcome == quiesce.Abandoned {
			got = append(got, h.Component+" "+h.Hook.String()+": "+functionsOf(h.Stack))
		}
	}
	slices.Sort(got)
	want := []string{
		`adds stop: hang[...] TestStackOfAbandonedHooks.func1.4.1 Do TestStackOfAbandonedHooks.func1.4`,
		`in "quotes" drain: hang[...] TestStackOfAbandonedHooks.func1.2`,
		`in "quotes" run: hangElsewhere TestStackOfAbandonedHooks.func1.1`,
		`in "quotes" stop: hang[...] TestStackOfAbandonedHooks.func1.3`,
		`replaces stop: no stack: the hook has changed its goroutine's labels`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("stacks\n%s\nwant\n%s\nin the report:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), report.Text())
	}
}

// functionsOf returns a stack's functions without packages, or what is there
// instead of a stack.
func functionsOf(stack string) string {
	if strings.HasPrefix(stack, "no stack") {
		return stack
	}
	var names []string
	for line := range strings.Lines(stack) {
		name, _, _ := strings.Cut(line[strings.LastIndex(line[:strings.Index(line, " ")], "/")+1:], " ")
		_, name, _ = strings.Cut(name, ".")
		names = append(names, name)
	}
	return strings.Join(names, " ")
}
