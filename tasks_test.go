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
