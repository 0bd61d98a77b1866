// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A closing is a tree whose tasks write down what they hear, and when.
type closing struct {
	t     *testing.T
	start time.Time

	mu  sync.Mutex
	log []string
}

func (c *closing) writes(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, fmt.Sprintf("%6v ", time.Since(c.start))+fmt.Sprintf(format, args...))
}

// task starts a task that ends a while after its work was cut off.
func (c *closing) task(s *Scope, after time.Duration) {
	mustGo(c.t, s, "task", func(ctx context.Context) error {
		<-ctx.Done()
		c.writes("%s: takes no more: %v", s.Path(), context.Cause(ctx))
		err := untilCut(ctx)
		c.writes("%s: is cut off: %v", s.Path(), err)
		time.Sleep(after)
		c.writes("%s: ends", s.Path())
		return err
	})
}

// is compares what was written, in any order within one instant.
func (c *closing) is(want string) {
	c.t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortStableFunc(c.log, func(a, b string) int { // lines of the same instant begin alike
		if a[:7] == b[:7] {
			return strings.Compare(a, b)
		}
		return 0
	})
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(want)) {
		lines = append(lines, strings.TrimSpace(line))
	}
	for i, line := range c.log {
		c.log[i] = strings.TrimSpace(line)
	}
	if !slices.Equal(c.log, lines) {
		c.t.Errorf("got\n%s\nwant\n%s", strings.Join(c.log, "\n"), strings.Join(lines, "\n"))
	}
}

// closeTree closes a tree within a minute:
//
//	root                its task ends at once
//	├── a               after a second
//	│   ├── a/b         after a second
//	│   └── a/c         after a second
//	└── d               after a second
func closeTree(t *testing.T, c *closing, within time.Duration, options ...Option) error {
	root := New(t.Context(), "root", options...)
	a := New(root.Context(), "a")
	for _, s := range []*Scope{a, New(a.Context(), "b"), New(a.Context(), "c"), New(root.Context(), "d")} {
		c.task(s, time.Second)
	}
	c.task(root, 0)
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return root.Close(ctx)
}

// The tree takes no more at once, half of the time is for what was begun, and then
// one scope after the other is cut off, from the last child on.
func TestCloseInStages(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := &closing{t: t, start: time.Now()}
		wantErr(t, "Close", closeTree(t, c, time.Minute), nil)
		c.is(`
			0s root/a/b: takes no more: no new work is taken
			0s root/a/c: takes no more: no new work is taken
			0s root/a: takes no more: no new work is taken
			0s root/d: takes no more: no new work is taken
			0s root: takes no more: no new work is taken
			30s root/d: is cut off: scope was stopped
			31s root/a/c: is cut off: scope was stopped
			31s root/d: ends
			32s root/a/b: is cut off: scope was stopped
			32s root/a/c: ends
			33s root/a/b: ends
			33s root/a: is cut off: scope was stopped
			34s root/a: ends
			34s root: ends
			34s root: is cut off: scope was stopped
		`)
	})
}

// Who takes longer than its budget does not hold up the others, and is waited for
// at the end.
func TestCloseBudget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := &closing{t: t, start: time.Now()}
		root := New(t.Context(), "root", WithDrainGrace(-1))
		a := New(root.Context(), "a", WithBudget(3*time.Second))
		b := New(root.Context(), "b") // a share of what is left
		c.task(root, 5*time.Second)
		c.task(a, 10*time.Second)
		c.task(b, 30*time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		synctest.Wait()
		wantErr(t, "Close", root.Close(ctx), nil)
		c.is(`
			0s root/a: takes no more: no new work is taken
			0s root/b: is cut off: scope was stopped
			0s root/b: takes no more: no new work is taken
			0s root: takes no more: no new work is taken
			10s root/a: is cut off: scope was stopped
			13s root: is cut off: scope was stopped
			18s root: ends
			20s root/a: ends
			30s root/b: ends
		`)
	})
}

func TestCloseDrainGrace(t *testing.T) {
	for _, test := range []struct {
		grace  time.Duration
		within time.Duration // of the context; 0: it has no deadline
		want   time.Duration
	}{
		{0, time.Minute, 30 * time.Second},
		{10 * time.Second, time.Minute, 10 * time.Second},
		{10 * time.Second, 5 * time.Second, 5 * time.Second},
		{10 * time.Second, 0, 10 * time.Second},
		{-1, time.Minute, 0},
		{-1, 0, 0},
		{0, 0, time.Hour}, // as long as the task has
	} {
		bubble(t, func(t *testing.T) {
			s := New(t.Context(), "s", WithDrainGrace(test.grace))
			start := time.Now()
			mustGo(t, s, "task", func(ctx context.Context) error {
				work, cancel := context.WithTimeout(WorkContext(ctx), time.Hour)
				defer cancel()
				<-work.Done()
				return nil
			})
			ctx, cancel := context.WithCancel(t.Context())
			if test.within > 0 {
				ctx, cancel = context.WithTimeout(ctx, test.within)
			}
			defer cancel()
			_ = s.Close(ctx)
			synctest.Wait()
			if got := time.Since(start); got != test.want {
				t.Errorf("%+v: cut off after %v", test, got)
			}
			_ = s.Stop()
		})
	}
}

// A scope whose work ends in time is not cancelled before that.
func TestCloseDrained(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		mustGo(t, s, "task", func(ctx context.Context) error {
			<-ctx.Done()
			inner := New(WorkContext(ctx), "inner")
			defer inner.Stop()
			mustGo(t, inner, "begun", sleeps(time.Second))
			wantErr(t, "Wait", inner.Wait(WorkContext(ctx)), nil)
			time.Sleep(time.Second)
			return WorkContext(ctx).Err()
		})
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		wantErr(t, "Close", s.Close(ctx), nil)
		if got := time.Since(start); got != 2*time.Second {
			t.Errorf("it took %v", got)
		}
		wantErr(t, "Close again", s.Close(ctx), nil)
		wantErr(t, "Stop after Close", s.Stop(), nil)
		wantState(t, s, Closed)
	})
}

func TestCloseReturnsErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", WithPolicy(CollectAll))
		mustGo(t, s, "bad", returns(errTest))
		wantErr(t, "Close", s.Close(t.Context()), errTest)
		wantErr(t, "Close again", s.Close(t.Context()), errTest)
		wantErr(t, "Err", s.Err(), errTest)
	})
}

func TestCloseUnstopped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "root", WithPolicy(CollectAll))
		child := New(root.Context(), "child")
		release := make(chan struct{})
		mustGo(t, root, "bad", returns(errTest))
		mustGo(t, root, "stuck", until(release))
		for range 3 {
			mustGo(t, child, "stuck", until(release))
		}
		task := mustStart(t, child, "deaf", func(context.Context) error {
			<-release
			return errors.New("late")
		})
		mustGo(t, child, "good", untilCut)
		time.Sleep(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		err := root.Close(ctx)
		if got := time.Since(start); got != time.Minute {
			t.Errorf("Close took %v", got)
		}
		wantErr(t, "Close", err, errTest)
		wantErr(t, "Close", err, context.DeadlineExceeded)
		u, ok := errors.AsType[*UnstoppedError](err)
		if !ok {
			t.Fatalf("Close: %v", err)
		}
		const text = `scope: close "root": still running after 1m0s: "stuck" of "root", "deaf" of "root/child", "stuck" of "root/child" (3): context deadline exceeded`
		if u.Error() != text || u.Scope != "root" || u.After != time.Minute {
			t.Errorf("got %q, %v", u, u.After)
		}
		g := u.Survey.Groups[2]
		// It was first heard of when Close was called, and cancelled half a minute later.
		if g.Oldest != time.Minute || g.Youngest != time.Minute || g.Ages != [6]int{2: 3} || g.Cancelled != 30*time.Second || g.Cause != ErrStopped.Error() {
			t.Errorf("%+v", g)
		}
		wantState(t, root, Closed)
		wantState(t, child, Closed)
		if i := info(t, child); i.Abandoned != 4 || i.OK != 1 || i.Running != 4 || i.Late != 0 {
			t.Errorf("%+v", i)
		}
		if task.Outcome() != Running {
			t.Errorf("the handle of an abandoned task: %v", task.Outcome())
		}

		close(release)
		synctest.Wait()
		if i := info(t, child); i.Abandoned != 4 || i.Late != 4 || i.OK != 1 || i.Failed != 0 || i.Running != 0 {
			t.Errorf("%+v", i)
		}
		if task.Outcome() != Failed {
			t.Errorf("the handle of an abandoned task that has ended: %v", task.Outcome())
		}
		wantErr(t, "Close again", root.Close(t.Context()), errTest)
	})
}

// What is given up keeps its place in the tree, and the scopes above, until it ends.
func TestCloseKeepsWhoIsAbandoned(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "root")
		middle := New(root.Context(), "middle")
		leaf := New(middle.Context(), "leaf")
		release := make(chan struct{})
		mustGo(t, leaf, "stuck", until(release))
		ended, cancel := context.WithCancelCause(t.Context())
		cancel(errTest)
		wantErr(t, "Close", middle.Close(ended), errTest)
		if g := root.Survey().Groups; len(g) != 1 || g[0].Scope != "root/middle/leaf" {
			t.Errorf("%+v", g)
		}
		close(release)
		synctest.Wait()
		if n := len(root.Survey().Scopes); n != 1 {
			t.Errorf("%d scopes are still there", n)
		}
		wantErr(t, "Stop", root.Stop(), nil)
	})
}

// Everything has been cancelled when Close gives up, whatever came of the budgets.
func TestCloseAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := &closing{t: t, start: time.Now()}
		err := closeTree(t, c, -1)
		if u, ok := errors.AsType[*UnstoppedError](err); !ok || len(u.Survey.Groups) < 4 || u.After != 0 { // the root's task may have ended
			t.Errorf("Close: %v", err)
		}
		synctest.Wait()
		c.mu.Lock()
		if len(c.log) != 2*5+1 { // the root's task ends at once
			t.Errorf("%q", c.log)
		}
		c.mu.Unlock()
		time.Sleep(time.Minute)
	})
}

func TestCloseTwiceAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", WithDrainGrace(-1))
		release := make(chan struct{})
		mustGo(t, s, "stuck", until(release))
		errs := make(chan error, 3)
		for i := range 2 {
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Minute)
				defer cancel()
				errs <- s.Close(ctx)
			}()
		}
		go func() { errs <- s.Stop() }()
		for range 2 {
			if _, ok := errors.AsType[*UnstoppedError](<-errs); !ok {
				t.Error("Close does not say who runs")
			}
		}
		close(release)
		wantErr(t, "Stop, which waits however long it takes", <-errs, nil)
		if i := info(t, s); i.Abandoned != 1 || i.Late != 1 {
			t.Errorf("%+v", i)
		}
	})
}

func TestStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "root")
		child := New(root.Context(), "child")
		mustGo(t, child, "slow", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Hour)
			return nil
		})
		start := time.Now()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := root.Stop(); err != nil {
					t.Errorf("Stop: %v", err)
				}
				if got := time.Since(start); got != time.Hour {
					t.Errorf("it took %v", got)
				}
			})
		}
		synctest.Wait()
		wantState(t, root, Closing)
		wantState(t, child, Cancelled)
		wg.Wait()
		wantErr(t, "Stop again", root.Stop(), nil)
		wantErr(t, "Stop of what went with it", child.Stop(), ErrStopped)
		wantState(t, child, Closed)
		wantErr(t, "Context", context.Cause(child.Context()), ErrStopped)
	})
}

func TestUnstoppedErrorNamesSome(t *testing.T) {
	e := &UnstoppedError{Scope: "s", After: 1500 * time.Millisecond, Cause: errTest, Survey: &Survey{}}
	for i := range maxNamed + 2 {
		e.Survey.Groups = append(e.Survey.Groups, Group{Scope: "s", Task: fmt.Sprint(i), Count: 1})
	}
	if got := e.Error(); strings.Count(got, " of ") != maxNamed || !strings.HasSuffix(got, `"7" of "s" and 2 more: test`) {
		t.Errorf("got %q", got)
	}
	wantErr(t, "the cause", e, errTest)
}
