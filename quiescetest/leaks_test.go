// SPDX-License-Identifier: Apache-2.0

package quiescetest_test

import (
	"context"
	"encoding/json"
	"reflect"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/scope"
)

// What each class is evidence of, and that proven goroutines stand for themselves.
func TestClassify(t *testing.T) {
	stack := func(count, proven int) scope.Stack {
		return scope.Stack{Count: count, Proven: proven, Blocked: "select", Text: "main.f a/b.go:1\n"}
	}
	v := &scope.Survey{
		Groups: []scope.Group{
			{Scope: "shop", Task: "poll", Count: 2, Oldest: time.Second, Stacks: []scope.Stack{stack(2, 0)}},
			{Scope: "shop", Task: "hidden", Count: 1},
			{Scope: "shop/cache", Task: "fill", Count: 6, Cancelled: 2 * time.Second, Cause: "stop", Stacks: []scope.Stack{stack(5, 3)}},
		},
		Orphans: []scope.Orphan{{Scope: "shop", Task: "poll", Stack: stack(1, 0)}, {Scope: "shop", Task: "poll", Stack: stack(1, 1)}},
	}
	var got []string
	for _, l := range quiescetest.Classify(v) {
		line, stack, _ := strings.Cut(l.String(), "\n")
		got = append(got, line)
		if l.Text != "" && stack != "    main.f a/b.go:1\n" {
			t.Errorf("%s: stack %q", line, stack)
		}
		var back quiescetest.Leak
		if data, err := json.Marshal(l); err != nil || json.Unmarshal(data, &back) != nil || back.String() != l.String() {
			t.Errorf("JSON does not come back: %s", data)
		}
	}
	want := []string{
		`idle: 2 in select, task "poll" of "shop", 1s old`,
		`idle: 1, task "hidden" of "shop"`,
		`proven: 3 in select, can never wake, task "fill" of "shop/cache", cancelled 2s ago: stop`,
		`overstay: 2 in select, task "fill" of "shop/cache", cancelled 2s ago: stop`,
		`overstay: 1, task "fill" of "shop/cache", cancelled 2s ago: stop`,
		`orphan: 1 in select, started in task "poll" of "shop"`,
		`proven: 1 in select, can never wake, started in task "poll" of "shop"`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// failureOf runs a check that must not end the test, and returns what it says.
func failureOf(t *testing.T, check func(t testing.TB)) string {
	t.Helper()
	f := &fakeT{TB: t}
	f.run(func() { check(f) })
	if len(f.failures) > 1 {
		t.Errorf("more than one failure: %q", f.failures)
	}
	return strings.Join(f.failures, "\n")
}

// In a scope that is open tasks may wait, but what they leave is told, and after its
// end so are they, unless somebody allows it.
func TestNoLeaksIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scope.New(t.Context(), t.Name(), scope.WithAges())
		release := make(chan struct{})
		defer func() { close(release); _ = s.Stop() }()
		check := func(opts ...quiescetest.LeakOption) string {
			return failureOf(t, func(t testing.TB) { quiescetest.NoLeaksIn(t, s, opts...) })
		}
		_ = s.Go(t.Context(), "deaf", func(context.Context) error { <-release; return nil })
		if text := check(); text != "" {
			t.Errorf("a task of an open scope: %s", text)
		}
		_ = s.Go(t.Context(), "parent", func(context.Context) error {
			go func() { time.Sleep(time.Minute) }()
			return nil
		})
		synctest.Wait()
		began := time.Now()
		if text := check(quiescetest.WithPatience(time.Second)); !strings.Contains(text, `scope "TestNoLeaksIn" has 1 goroutine (1 orphan)`) ||
			!strings.Contains(text, `orphan: 1 in sleep, started in task "parent" of "TestNoLeaksIn"`) {
			t.Errorf("an orphan: %s", text)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("waited %v, want a second", took)
		}
		if text := check(quiescetest.WithPatience(time.Hour)); text != "" {
			t.Errorf("an orphan that ends: %s", text)
		}
		s.Cancel(nil)
		if text := check(); !strings.Contains(text, `overstay: 1 in chan receive, task "deaf" of "TestNoLeaksIn", 1m`) {
			t.Errorf("a task that stays: %s", text)
		}
		if text := check(quiescetest.AllowLabel(scope.LabelTask, "deaf", "it is")); text != "" {
			t.Errorf("allowed: %s", text)
		}
	})
}

// What leaves one goroutine each time is found; what leaves none in the end is not.
func TestNoGrowth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scope.New(t.Context(), t.Name())
		release := make(chan struct{})
		defer func() { close(release); _ = s.Stop() }()
		start := func(name string, f func()) func() {
			return func() {
				_ = s.Go(t.Context(), name, func(context.Context) error { f(); return nil })
				synctest.Wait()
			}
		}
		check := func(step func(), opts ...quiescetest.LeakOption) string {
			return failureOf(t, func(t testing.TB) { quiescetest.NoGrowth(t, s, 0, step, opts...) })
		}
		leak := start("leak", func() { <-release })
		leak() // what is there before is no growth
		if text := check(leak); !strings.Contains(text, `with each of 3 calls: 4 goroutines (4 growing)`) ||
			!strings.Contains(text, `growing: 4 in chan receive, task "leak" of "TestNoGrowth"`) {
			t.Errorf("tasks: %s", text)
		}
		if text := check(start("parent", func() { go func() { <-release }() })); !strings.Contains(text, `growing: 3 in chan receive, started in task "parent"`) {
			t.Errorf("orphans: %s", text)
		}
		if text := check(start("slow", func() { time.Sleep(time.Second / 2) })); text != "" {
			t.Errorf("tasks that end: %s", text)
		}
		n := 0
		if text := check(func() {
			if n++; n == 1 {
				leak()
			}
		}); text != "" {
			t.Errorf("only the first time: %s", text)
		}
		if text := check(leak, quiescetest.AllowLabel(scope.LabelTask, "leak", "it is one")); text != "" {
			t.Errorf("allowed: %s", text)
		}
	})
}

// In a bubble AssertStops takes virtual time, to the instant.
func TestAssertStopsInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		quiescetest.AssertStops(t, time.Hour, func() { time.Sleep(time.Hour - 1) })
		if took := time.Since(began); took != time.Hour-1 {
			t.Errorf("took %v", took)
		}
		text := failureOf(t, func(t testing.TB) {
			quiescetest.AssertStops(t, time.Hour, func() { time.Sleep(time.Hour + 1) })
		})
		if !strings.Contains(text, "still running after 1h0m0s\ntask \"AssertStops\" of \"TestAssertStopsInBubble\", 1h0m0s old\n  1 in sleep\n") {
			t.Errorf("failure: %s", text)
		}
		time.Sleep(time.Nanosecond) // it ends
	})
}

// The context that NoLeaks returns is that of the test, with a label.
func TestNoLeaksContext(t *testing.T) {
	ctx := quiescetest.NoLeaks(t)
	if label, ok := pprof.Label(ctx, quiescetest.LabelTest); !ok || !strings.HasPrefix(label, t.Name()+" (") {
		t.Errorf("label %q", label)
	}
	if ctx.Done() != t.Context().Done() {
		t.Error("it does not end with the test")
	}
}

func TestAllowWithoutReason(t *testing.T) {
	defer func() {
		if v := recover(); v != "quiescetest: goroutines allowed without a reason" {
			t.Errorf("panic %v", v)
		}
	}()
	quiescetest.AllowGoroutine("main.f", " ")
	t.Error("no panic")
}

// What it costs a test that leaves nothing, beside some goroutines of others.
func BenchmarkNoLeaks(b *testing.B) {
	for _, others := range []int{10, 1000} {
		b.Run(strconv.Itoa(others), func(b *testing.B) {
			release := make(chan struct{})
			defer close(release)
			for range others {
				go func() { <-release }()
			}
			b.ReportAllocs()
			for b.Loop() {
				f := &fakeT{TB: b}
				if f.run(func() { quiescetest.NoLeaks(f) }); len(f.failures) > 0 {
					b.Fatal(f.failures)
				}
			}
		})
	}
}
