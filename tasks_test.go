// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/scope"
)

// A log is what happened, in order.
type taskLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *taskLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

// hook returns a hook that only says that it was called.
func (l *taskLog) hook(line string) func(context.Context) error {
	return func(context.Context) error { l.add(line); return nil }
}

// goTask starts a task of the component's own scope.
func goTask(ctx context.Context, f func(context.Context) error) error {
	return scope.From(ctx).Go(ctx, "task", f)
}

// A component's tasks are drained after its own Drain, under the two contexts that a
// Run has, and have ended when its Stop is called. What it needs is stopped later.
func TestTasksAreDrainedWithTheirComponent(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(*taskLog, quiesce.Component) quiesce.Component
		want string
	}{
		{"start only", func(l *taskLog, c quiesce.Component) quiesce.Component { return c }, "no new work, done, drain db, stop it, stop db"},
		{"drain", func(l *taskLog, c quiesce.Component) quiesce.Component {
			c.Drain = l.hook("drain it")
			return c
		}, "drain it, no new work, done, drain db, stop it, stop db"},
		{"run", func(l *taskLog, c quiesce.Component) quiesce.Component {
			c.Run = func(ctx context.Context) error { <-ctx.Done(); l.add("run it"); return nil }
			return c
		}, "run it, no new work, done, drain db, stop it, stop db"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := new(taskLog)
				app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
				db := app.Add("db", quiesce.Component{Drain: l.hook("drain db"), Stop: l.hook("stop db")})
				app.Add("it", c.make(l, quiesce.Component{
					Start: func(ctx context.Context) error {
						return goTask(ctx, func(ctx context.Context) error {
							<-ctx.Done()
							l.add("no new work")
							if cause := quiesce.StopCause(ctx); cause == nil || cause.Error() != "deploy" {
								t.Errorf("StopCause in a task is %v", cause)
							}
							time.Sleep(time.Second)
							if err := quiesce.WorkContext(ctx).Err(); err != nil {
								t.Errorf("the work context has ended: %v", err)
							}
							l.add("done")
							return ctx.Err()
						})
					},
					Stop: l.hook("stop it"),
				}), quiesce.Needs(db))
				r := quiescetest.Start(t, app)
				r.Shutdown(errors.New("deploy"))
				if report := r.Wait(); !report.Clean {
					t.Error(report.Text())
				}
				want := strings.Split(c.want, ", ")
				if !slices.Equal(l.lines, want) {
					t.Errorf("got  %q\nwant %q", l.lines, want)
				}
			})
		})
	}
}

// A task that ignores its contexts is cancelled at its component's drain deadline,
// named in the report, and holds the stop up no longer than its hooks may.
func TestTaskThatDoesNotStop(t *testing.T) {
	var work error
	var report *quiesce.Report
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		app.Add("it", quiesce.Component{Start: func(ctx context.Context) error {
			return goTask(ctx, func(ctx context.Context) error {
				w := quiesce.WorkContext(ctx)
				<-w.Done()
				work = context.Cause(w)
				<-release
				return nil
			})
		}}, quiesce.Limit(quiesce.PhaseDrain, 2*time.Second), quiesce.Limit(quiesce.PhaseStop, 2*time.Second))
		r := quiescetest.Start(t, app, quiescetest.AllowUnclean())
		r.Shutdown(nil)
		report = r.Wait()
		close(release)
	})
	if _, ok := errors.AsType[*quiesce.OverrunError](work); !ok {
		t.Errorf("the work context ended with %v", work)
	}
	if report.Clean || report.Took > 10*time.Second {
		t.Errorf("clean: %v, took %v", report.Clean, report.Took)
	}
	for _, h := range report.Hooks {
		if h.Hook != quiesce.HookDrain && h.Hook != quiesce.HookStop {
			continue
		}
		e, ok := errors.AsType[*scope.UnstoppedError](h.Err)
		if !ok || len(e.Survey.Groups) != 1 || e.Survey.Groups[0].Scope != "shop/it" || e.Survey.Groups[0].Task != "task" {
			t.Errorf("%s has %v, want the task named", h.Hook, h.Err)
		}
		if !strings.Contains(h.Stack, `task "task" of "shop/it"`) || h.Hook == quiesce.HookStop && !strings.Contains(h.Stack, "tasks_test.go:") {
			t.Errorf("stack of %s: %s", h.Hook, h.Stack)
		}
	}
}

// A task that fails is a reason to stop, as a Run that fails is.
func TestTaskThatFails(t *testing.T) {
	boom := errors.New("boom")
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		app.Add("it", quiesce.Component{Start: func(ctx context.Context) error {
			return goTask(ctx, func(context.Context) error { time.Sleep(time.Second); return boom })
		}})
		r := quiescetest.Start(t, app, quiescetest.AllowUnclean())
		report := r.Wait()
		c := report.Causes[0]
		if c.Kind != quiesce.CauseFailure || c.Component != "it" || !errors.Is(c.Err, boom) || c.Text != `task "task" of "shop/it": boom` {
			t.Errorf("cause: %+v", c)
		}
		if report.Code != quiesce.CodeFailure {
			t.Errorf("code %d", report.Code)
		}
	})
}

// A panic in a task of a scope that somebody made below a component's stops the app
// with the stack of the panic, which was printed at once.
func TestTaskThatPanics(t *testing.T) {
	stderr := os.Stderr
	f, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	os.Stderr = f
	defer func() { os.Stderr = stderr; f.Close() }()
	report := playOne(t, quiesce.Component{Run: func(ctx context.Context) error {
		batch := scope.New(ctx, "batch")
		defer batch.Stop()
		if err := batch.Go(ctx, "row", func(context.Context) error { panic("no such row") }); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	}})
	c := report.Causes[0]
	if c.Text != "panic: no such row" || !strings.Contains(c.Stack, "TestTaskThatPanics") {
		t.Errorf("cause: %+v", c)
	}
	text, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `app "shop": a task panicked: no such row`) || !strings.Contains(string(text), "TestTaskThatPanics") {
		t.Errorf("standard error: %s", text)
	}
}

// The map of a running app names its tasks; a task that waits for the app would wait
// for itself.
func TestTasksOfARunningApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		if app.Tasks() != nil {
			t.Error("there are tasks before there is one")
		}
		var reentrant error
		app.Add("it", quiesce.Component{Start: func(ctx context.Context) error {
			return goTask(ctx, func(ctx context.Context) error {
				reentrant = app.Wait(ctx)
				<-ctx.Done()
				return nil
			})
		}})
		r := quiescetest.Start(t, app)
		time.Sleep(time.Minute)
		tasks := app.Tasks().Groups
		if len(tasks) != 1 || tasks[0].Scope != "shop/it" || tasks[0].Oldest != time.Minute {
			t.Errorf("tasks: %+v", tasks)
		}
		r.Shutdown(nil)
		r.Wait()
		if reentrant != quiesce.ErrReentrant {
			t.Errorf("Wait in a task: %v", reentrant)
		}
	})
}

// Tasks that a component's own Drain has started are drained after it.
func TestTasksOfADrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := new(taskLog)
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		app.Add("it", quiesce.Component{Drain: func(ctx context.Context) error {
			return goTask(ctx, func(ctx context.Context) error {
				time.Sleep(time.Second)
				if err := quiesce.WorkContext(ctx).Err(); err != nil {
					t.Errorf("the work context has ended: %v", err)
				}
				l.add("done")
				return nil
			})
		}, Stop: l.hook("stop it")})
		r := quiescetest.Start(t, app)
		r.Shutdown(nil)
		r.Wait()
		if want := []string{"done", "stop it"}; !slices.Equal(l.lines, want) {
			t.Errorf("got  %q\nwant %q", l.lines, want)
		}
	})
}

// Tasks that a component's own Stop has started are cancelled when it returns, and
// waited for. In scopes that it makes for itself they are as any others.
func TestTasksOfAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := new(taskLog)
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		needed := app.Add("db", quiesce.Component{Stop: l.hook("stop db")})
		app.Add("it", quiesce.Component{Stop: func(ctx context.Context) error {
			if err := goTask(ctx, func(ctx context.Context) error {
				<-quiesce.WorkContext(ctx).Done()
				time.Sleep(time.Second)
				l.add("task")
				return nil
			}); err != nil {
				return err
			}
			files := scope.New(ctx, "files")
			if err := files.Go(ctx, "close", func(ctx context.Context) error {
				time.Sleep(time.Second)
				l.add("file")
				return ctx.Err()
			}); err != nil {
				return err
			}
			return files.Wait(ctx)
		}}, quiesce.Needs(needed))
		r := quiescetest.Start(t, app)
		r.Shutdown(nil)
		if report := r.Wait(); report.Took != 2*time.Second {
			t.Error(report.Text())
		}
		if want := []string{"file", "task", "stop db"}; !slices.Equal(l.lines, want) {
			t.Errorf("got  %q\nwant %q", l.lines, want)
		}
	})
}

// A hook of the flush phase may have tasks.
func TestTasksOfAFlushHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		done := false
		if err := app.OnFlush("spans", func(ctx context.Context) error {
			send := scope.New(ctx, "send")
			defer send.Stop()
			if err := send.Go(ctx, "batch", func(ctx context.Context) error { done = ctx.Err() == nil; return nil }); err != nil {
				return err
			}
			return send.Wait(ctx)
		}); err != nil {
			t.Fatal(err)
		}
		r := quiescetest.Start(t, app)
		r.Shutdown(nil)
		if report := r.Wait(); !report.Clean || !done {
			t.Errorf("done: %v\n%s", done, report.Text())
		}
	})
}

// A scope that is first asked for when the stop has begun is drained and stopped as any
// other, also if nothing else has anything to do in these phases.
func TestTasksThatComeWithTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := new(taskLog)
		var ctx context.Context
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		app.Add("it", quiesce.Component{Start: func(own context.Context) error { ctx = own; return nil }})
		if err := app.OnAnnounce("ask", func(context.Context) error {
			return goTask(ctx, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(time.Second)
				l.add("done")
				return ctx.Err()
			})
		}); err != nil {
			t.Fatal(err)
		}
		r := quiescetest.Start(t, app)
		r.Shutdown(nil)
		if report := r.Wait(); report.Took != time.Second || len(l.lines) != 1 {
			t.Errorf("the task is done: %v\n%s", l.lines, report.Text())
		}
	})
}

func drainOf(c *quiesce.Component) *func(context.Context) error { return &c.Drain }

func stopOf(c *quiesce.Component) *func(context.Context) error { return &c.Stop }

// A scope that is first asked for after its component's turn to drain, or to stop, is
// what that would have made of it.
func TestTasksThatComeAfterTheirTurn(t *testing.T) {
	deploy := errors.New("deploy")
	for _, c := range []struct {
		name         string
		outer, first bool                                                  // who asks is of Outer, or stopped first
		hook         func(*quiesce.Component) *func(context.Context) error // in which somebody asks
		taken        bool                                                  // the task is admitted, and may take nothing on
	}{
		{name: "drain", hook: drainOf, taken: true},
		{name: "drain of all", hook: stopOf, first: true, taken: true},
		{name: "stop", hook: stopOf},
		{name: "stop of all", hook: drainOf, outer: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var it context.Context
				var err, take, work error
				app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
				var asks quiesce.Component
				*c.hook(&asks) = func(context.Context) error {
					err = goTask(it, func(ctx context.Context) error {
						take, work = context.Cause(ctx), quiesce.WorkContext(ctx).Err()
						<-quiesce.WorkContext(ctx).Done()
						return nil
					})
					time.Sleep(time.Second)
					return nil
				}
				own := quiesce.Component{Start: func(ctx context.Context) error { it = ctx; return nil }}
				switch {
				case c.outer:
					app.Add("asks", asks, quiesce.Outer())
					app.Add("it", own)
				case c.first:
					app.Add("asks", asks, quiesce.Needs(app.Add("it", own)))
				default:
					app.Add("it", own, quiesce.Needs(app.Add("asks", asks)))
				}
				r := quiescetest.Start(t, app)
				r.Shutdown(deploy)
				r.Wait()
				if c.taken != (err == nil) || err != nil && !errors.Is(err, scope.ErrScopeClosed) {
					t.Errorf("Go: %v", err)
				}
				if c.taken && take != deploy || work != nil {
					t.Errorf("the contexts had ended with %v and %v", take, work)
				}
			})
		})
	}
}

// A component of Outer that asks for its scope in the stop of the others is not late.
func TestTasksOfOuterInTheStopOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var it context.Context
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		app.Add("it", quiesce.Component{Start: func(ctx context.Context) error { it = ctx; return nil }}, quiesce.Outer())
		app.Add("asks", quiesce.Component{Stop: func(context.Context) error {
			err := goTask(it, func(ctx context.Context) error {
				if ctx.Err() != nil {
					t.Errorf("the task's context has ended: %v", context.Cause(ctx))
				}
				<-ctx.Done()
				return nil
			})
			time.Sleep(time.Second)
			return err
		}})
		r := quiescetest.Start(t, app)
		r.Shutdown(nil)
		r.Wait()
	})
}

// That the scope ends in which an app runs is a reason for it to stop; its tasks are
// drained all the same.
func TestTasksOfAnAppInAScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer := scope.New(t.Context(), "outer")
		defer outer.Stop()
		var work error
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		app.Add("it", quiesce.Component{Start: func(ctx context.Context) error {
			return goTask(ctx, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(time.Second)
				work = quiesce.WorkContext(ctx).Err()
				return nil
			})
		}})
		if err := outer.Go(t.Context(), "app", app.Run); err != nil {
			t.Fatal(err)
		}
		<-app.Reached(quiesce.StateRunning)
		outer.Cancel(nil)
		if err := app.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		if work != nil || app.Report().Took != time.Second {
			t.Errorf("the work context had ended: %v\n%s", work, app.Report().Text())
		}
	})
}
