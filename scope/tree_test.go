// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// in runs f in a task of s, and returns when it is over.
func in(t *testing.T, s *Scope, f func(ctx context.Context)) {
	t.Helper()
	_ = mustStart(t, s, "in", func(ctx context.Context) error { f(ctx); return nil }).Wait(t.Context())
}

func TestNewIsChild(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "shop")
		var children []*Scope
		children = append(children, New(root.Context(), "a"), New(WorkContext(root.Context()), "b"))
		in(t, root, func(ctx context.Context) {
			children = append(children, New(ctx, "c"), New(WorkContext(ctx), "d"))
		})
		for i, c := range children {
			name := string(rune('a' + i))
			if c.parent != root || c.Name() != name || c.Path() != "shop/"+name {
				t.Errorf("%q: parent %v, name %q", c.Path(), c.parent, c.Name())
			}
		}
		if root.parent != nil || root.Name() != "shop" || root.Path() != "shop" {
			t.Errorf("root: %q, %q", root.Path(), root.Name())
		}
		root.Shut(errTest)
		for i, want := range []State{Draining, Open, Draining, Open} {
			wantState(t, children[i], want)
		}
		wantErr(t, "Cause of a child that was shut with its parent", children[0].Cause(), errTest)
		root.Cancel(nil)
		for _, c := range children {
			wantState(t, c, Cancelled)
			wantErr(t, "Cause of a child", c.Cause(), ErrStopped)
		}
		wantErr(t, "Stop", root.Stop(), nil)
	})
}

// A scope that is made when its parent has ended has ended too.
func TestNewInEndedScope(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "root")
		ctx := root.Context()
		root.Shut(errTest)
		shut := New(ctx, "shut")
		wantErr(t, "Go", shut.Go(t.Context(), "x", returns(nil)), errTest)
		wantState(t, shut, Draining)
		open := New(WorkContext(ctx), "open")
		wantErr(t, "Go", open.Go(t.Context(), "x", returns(nil)), nil)
		root.Cancel(nil)
		late := New(WorkContext(ctx), "late")
		wantState(t, late, Cancelled)
		wantErr(t, "Stop", root.Stop(), nil)
		later := New(ctx, "later")
		wantState(t, later, Cancelled)
		wantErr(t, "Go", later.Go(t.Context(), "x", returns(nil)), ErrScopeClosed)
		wantErr(t, "Stop", later.Stop(), nil)
	})
}

// A cause that cannot be compared is as good as another.
func TestCauseThatCannotBeCompared(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "root")
		child := New(root.Context(), "child")
		mustGo(t, child, "task", untilCut)
		root.Shut(manyErrors{errTest})
		wantState(t, child, Draining)
		root.Cancel(manyErrors{errTest, errTest})
		wantState(t, child, Cancelled)
		if got := root.Stop().Error(); got != "[test test]" {
			t.Errorf("Stop: %q", got)
		}
	})
}

type manyErrors []error

func (e manyErrors) Error() string { return fmt.Sprint([]error(e)) }

// The end of New's context is a cancellation, whatever that context is: only that the
// parent takes no new work means less.
func TestNewsContextEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "root")
		ctx, cancel := context.WithTimeout(root.Context(), time.Minute)
		defer cancel()
		s := New(ctx, "s")
		start := time.Now()
		mustGo(t, s, "task", untilCut)
		wantErr(t, "Wait", s.Wait(t.Context()), context.DeadlineExceeded)
		if got := time.Since(start); got != time.Minute {
			t.Errorf("it took %v", got)
		}
		wantState(t, s, Cancelled)
		wantState(t, root, Open)
		if i := info(t, root); i.Path != "root" || i.Failed != 0 {
			t.Errorf("%+v", i)
		}
		wantErr(t, "Stop", s.Stop(), context.DeadlineExceeded)

		mustGo(t, root, "task", func(ctx context.Context) error {
			own := mustStart(t, root, "own", func(ctx context.Context) error {
				s = New(ctx, "s")
				return untilTaken(ctx)
			}, Cancelable())
			synctest.Wait()
			own.Cancel(errTest)
			return own.Wait(ctx)
		})
		wantErr(t, "Wait", root.Wait(t.Context()), nil)
		wantErr(t, "Stop of a scope made by a task that was cancelled", s.Stop(), errTest)
		wantErr(t, "Stop", root.Stop(), nil)
	})
}

// One tree, and who waits for what.
func TestWaitOverTheTree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		root := New(t.Context(), "root")
		middle := New(root.Context(), "middle")
		leaf := New(middle.Context(), "leaf")
		mustGo(t, root, "task", sleeps(time.Second))
		mustGo(t, leaf, "task", func(ctx context.Context) error {
			time.Sleep(time.Minute)
			return middle.Go(ctx, "late", func(ctx context.Context) error {
				time.Sleep(time.Minute)
				return New(ctx, "later").Go(ctx, "last", sleeps(time.Minute))
			})
		})
		wantErr(t, "Wait", root.Wait(t.Context()), nil)
		if got := time.Since(start); got != 3*time.Minute {
			t.Errorf("Wait took %v", got)
		}
		mustGo(t, leaf, "task", sleeps(time.Hour))
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errTest)
		defer cancel()
		wantErr(t, "Wait with a context that ends", root.Wait(ctx), errTest)
		wantErr(t, "Wait for a part in which nothing runs", New(root.Context(), "idle").Wait(ctx), nil)
		wantErr(t, "Stop", root.Stop(), nil)
		for _, s := range []*Scope{root, middle, leaf} {
			wantState(t, s, Closed)
		}
	})
}

// A task cannot wait for itself, wherever below it is; what waits on its own, and a
// child, it can wait for.
func TestReentrant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "root")
		child := New(root.Context(), "child")
		in(t, child, func(ctx context.Context) {
			for _, s := range []*Scope{root, child} {
				for _, c := range []context.Context{ctx, WorkContext(ctx), context.WithValue(ctx, key(1), 2)} {
					wantErr(t, "Wait", s.Wait(c), ErrReentrant)
					wantErr(t, "Close", s.Close(c), ErrReentrant)
				}
				wantState(t, s, Open)
			}
			own := New(ctx, "own")
			mustGo(t, own, "x", sleeps(time.Second))
			wantErr(t, "Wait for a child", own.Wait(ctx), nil)
			wantErr(t, "Close of a child", own.Close(ctx), nil)
		})
		wantErr(t, "Wait with the scope's Context", root.Wait(root.Context()), nil)
		wantErr(t, "Close with the scope's Context", child.Close(child.Context()), nil)
		wantErr(t, "Stop", root.Stop(), nil)
	})
}

// Between two looks at the tree a child went and another came: as many tasks as
// before, but one of them runs.
func TestWaitCountsTheGone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "root")
		first := New(root.Context(), "first")
		mustGo(t, first, "task", sleeps(time.Second))
		mustGo(t, New(root.Context(), "other"), "task", sleeps(3*time.Second))
		go func() {
			time.Sleep(2 * time.Second) // Wait waits for other by now
			mustGo(t, New(root.Context(), "second"), "task", sleeps(time.Minute))
			_ = first.Stop()
		}()
		start := time.Now()
		wantErr(t, "Wait", root.Wait(t.Context()), nil)
		if got := time.Since(start); got != time.Minute+2*time.Second {
			t.Errorf("Wait took %v", got)
		}
		_ = root.Stop()
	})
}

// A parent that lives long does not grow with the children that have come and gone.
func TestParentForgetsChildren(t *testing.T) {
	root := New(t.Context(), "root")
	mustGo(t, root, "accept", untilTaken)
	one := func() {
		s := New(root.Context(), "conn")
		mustGo(t, s, "serve", returns(nil))
		_ = s.Wait(t.Context())
		_ = s.Stop()
	}
	for range 100 {
		one()
	}
	before := heap()
	for range 5000 {
		one()
	}
	if grown := int64(heap()) - int64(before); grown > 200_000 || root.children.Len() != 0 {
		t.Errorf("5000 children have left %d bytes, and %d are still there", grown, root.children.Len())
	}
	wantErr(t, "Stop", root.Stop(), nil)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A burst of tasks does not leave its nodes behind for ever.
func TestBurstIsForgotten(t *testing.T) {
	const burst = 4 * maxSpare
	s := New(t.Context(), "s")
	release := make(chan struct{})
	for range burst {
		mustGo(t, s, "task", until(release))
	}
	close(release)
	wantErr(t, "Wait", s.Wait(t.Context()), nil)
	n := 0
	for free := s.free; free != nil; free = free.next {
		n++
	}
	if n != s.spare || n > maxSpare || n < maxSpare/2 {
		t.Errorf("%d free nodes, counted %d, at most %d are wanted", n, s.spare, maxSpare)
	}
	wantErr(t, "Stop", s.Stop(), nil)
}

// The names of tasks are bounded, those of children are not.
func TestTooManyNames(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", WithPolicy(CollectAll))
		for i := range maxKinds + 100 {
			mustGo(t, s, fmt.Sprint("task ", i), returns(nil))
		}
		mustGo(t, s, otherKind, returns(nil))
		wantErr(t, "Wait", s.Wait(t.Context()), nil)
		if len(s.kinds) != maxKinds+1 {
			t.Errorf("%d kinds", len(s.kinds))
		}
		for _, name := range []string{"task 1", "task 1050", "one more"} {
			mustGo(t, s, name, untilCut)
		}
		groups := s.Survey().Groups
		if len(groups) != 2 || groups[0].Task != otherKind || groups[0].Count != 2 || groups[1].Task != "task 1" {
			t.Errorf("%+v", groups)
		}
		wantErr(t, "Stop", s.Stop(), nil)
	})
}

// Children come and go, and start tasks, while others shut, cancel, wait for and
// survey the tree. The race detector looks on; nobody may hang.
func TestTreeRace(t *testing.T) {
	for range 50 {
		ctx, cancel := context.WithCancelCause(t.Context())
		root := New(ctx, "root", WithPolicy(Isolate))
		var ran, admitted atomic.Int64
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 20 {
					c := New(root.Context(), "child", WithPolicy(CollectAll))
					for range 3 {
						if c.Go(t.Context(), "x", func(context.Context) error { ran.Add(1); return nil }) == nil {
							admitted.Add(1)
						}
					}
					_ = c.Stop()
				}
			})
		}
		wg.Go(func() {
			for range 10 {
				_ = root.Survey()
				_ = root.Wait(t.Context())
			}
		})
		wg.Go(func() { root.Shut(nil) })
		wg.Go(func() { cancel(errTest) })
		wg.Wait()
		_ = root.Stop()
		if ran.Load() != admitted.Load() || root.children.Len() != 0 {
			t.Fatalf("ran %d of %d; %d children left", ran.Load(), admitted.Load(), root.children.Len())
		}
	}
}

// A child of a context that never ends has its parent all the same.
func TestChildWithoutCancel(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "root")
		child := New(context.WithoutCancel(root.Context()), "child")
		mustGo(t, child, "task", untilCut)
		root.Shut(nil)
		wantState(t, child, Open) // its context does not tell
		root.Cancel(errTest)
		wantState(t, child, Cancelled)
		wantErr(t, "Wait", child.Wait(t.Context()), errTest)
		wantErr(t, "Stop", root.Stop(), errTest)
	})
}

// A second Cancel does not return before all below has heard of the first.
func TestCancelTwiceAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "root")
		slow := &slowContext{Context: root.Context(), answer: make(chan struct{})}
		first, second := New(slow, "first"), New(root.Context(), "second")
		slow.asked.Store(true) // from now on
		var returned atomic.Int64
		for range 2 {
			go func() {
				root.Cancel(nil)
				returned.Add(1)
			}()
		}
		synctest.Wait()
		if returned.Load() > 0 && second.State() == Open {
			t.Error("Cancel has returned, and a child is open")
		}
		close(slow.answer)
		wantErr(t, "Stop", root.Stop(), nil)
		wantState(t, first, Closed)
		wantState(t, second, Closed)
	})
}

// A slowContext takes its time to say whether it has ended.
type slowContext struct {
	context.Context
	asked  atomic.Bool
	answer chan struct{}
}

func (c *slowContext) Err() error {
	if c.asked.Load() {
		<-c.answer
	}
	return c.Context.Err()
}
