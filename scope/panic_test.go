// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// crashVariable tells the test binary which crash of crashes it is to die of.
const crashVariable = "QUIESCE_SCOPE_CRASH"

// crashes are panics that nobody has said to recover.
var crashes = map[string]struct {
	crash func(s *Scope)
	want  []string // expressions that the output has, in this order
}{
	"panic": {
		func(s *Scope) { _ = s.Go(context.Background(), "task", thePlaceOfThePanic) },
		[]string{`panic: out of cheese`, `goroutine \d+ .*\[running`, `scope\.thePlaceOfThePanic`, `panic_test\.go`},
	},
	"nil function": {
		func(s *Scope) { _ = s.Go(context.Background(), "task", nil) },
		[]string{`nil pointer dereference`, `goroutine \d+ .*\[running`, `created by .*\(\*Scope\)`},
	},
	"tell": { // whatever tell does, it was a panic
		func(s *Scope) {
			s.cfg.recover = true
			s.cfg.tell = func(*PanicError) { panic("tell panics too") }
			_ = s.Go(context.Background(), "task", thePlaceOfThePanic)
		},
		[]string{`panic: out of cheese \[recovered\]`, `panic: tell panics too`, `scope\.thePlaceOfThePanic`},
	},
	"errors": {
		func(s *Scope) {
			s.cfg.onError = func(*TaskError) { panic("out of cheese") }
			_ = s.Go(context.Background(), "task", returns(errTest))
		},
		[]string{`panic: out of cheese`, `goroutine \d+ .*\[running`, `created by .*\(\*Scope\)`},
	},
}

func thePlaceOfThePanic(context.Context) error { panic("out of cheese") }

// A panic crashes the process with the stack of the panic.
func TestPanicCrashes(t *testing.T) {
	if name := os.Getenv(crashVariable); name != "" {
		s := New(context.Background(), "s")
		crashes[name].crash(s)
		_ = s.Wait(context.Background())
		os.Exit(0) // which the parent does not want
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range crashes {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestPanicCrashes$")
			cmd.Env = append(os.Environ(), crashVariable+"="+name)
			out, err := cmd.CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 2 {
				t.Errorf("exit: %v, want status 2", err)
			}
			if !regexp.MustCompile(`(?s)` + strings.Join(test.want, ".*")).Match(out) {
				t.Errorf("the output has not %q in this order:\n%s", test.want, out)
			}
		})
	}
}

func TestRecoverPanics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var told *PanicError
		s := New(t.Context(), "s", RecoverPanics(func(p *PanicError) { told = p }))
		mustGo(t, s, "sibling", untilTaken)
		task := mustStart(t, s, "bad", func(context.Context) error { panic(errTest) })
		err := s.Wait(t.Context())
		failure, ok := errors.AsType[*TaskError](err)
		if !ok || failure.Outcome != Panicked || failure.Task != "bad" {
			t.Fatalf("Wait: %#v", err)
		}
		p, ok := errors.AsType[*PanicError](err)
		if !ok || p != told || p.Value != error(errTest) || !strings.Contains(p.Stack, "TestRecoverPanics") {
			t.Errorf("the panic: %#v, told %#v", p, told)
		}
		wantErr(t, "the value in Wait's error", err, errTest)
		wantErr(t, "the handle", task.Wait(t.Context()), errTest)
		if got, want := err.Error(), `task "bad" of "s": panic: test`; got != want {
			t.Errorf("text %q, want %q", got, want)
		}
		if i := info(t, s); task.Outcome() != Panicked || i.Panicked != 1 || i.OK != 1 {
			t.Errorf("%v, %+v", task.Outcome(), i)
		}
		wantErr(t, "Cause", s.Cause(), errTest)
		wantErr(t, "Stop", s.Stop(), errTest)
		wantErr(t, "a value that is no error", (&PanicError{Value: 1}).Unwrap(), nil)
	})
}

func TestRecoverPanicsIsInherited(t *testing.T) {
	bubble(t, func(t *testing.T) {
		told := 0
		root := New(t.Context(), "root", RecoverPanics(func(*PanicError) { told++ }))
		child := New(New(root.Context(), "middle").Context(), "child")
		mustGo(t, child, "bad", thePlaceOfThePanic)
		if err := child.Wait(t.Context()); err == nil || told != 1 {
			t.Errorf("error %v, told %d times", err, told)
		}
		wantErr(t, "Err of the root", root.Err(), nil)
		_ = root.Stop()
	})
}

// What a task's end is when its deferred functions panic or exit too. The last one
// that was not recovered counts, as everywhere in Go; but a Goexit goes on after a
// panic on its way was recovered, which is what we do.
func TestEndings(t *testing.T) {
	type f = func(context.Context) error
	for _, test := range []struct {
		name string
		f    f
		want Outcome
		text string
	}{
		{"nil", returns(nil), OK, ""},
		{"error", returns(errTest), Failed, "test"},
		{"panic", func(context.Context) error { panic("p") }, Panicked, "panic: p"},
		{"panic(nil)", func(context.Context) error { panic(nil) }, Panicked, "panic called with nil argument"},
		{"runtime error", func(ctx context.Context) error { return ctx.(error) }, Panicked, "missing method Error"},
		{"recovered panic", func(context.Context) (err error) {
			defer func() { err = fmt.Errorf("recovered %v", recover()) }()
			panic("p")
		}, Failed, "recovered p"},
		{"Goexit", func(context.Context) error { runtime.Goexit(); return nil }, Exited, "runtime.Goexit was called"},
		{"panic, then Goexit in a defer", func(context.Context) error {
			defer runtime.Goexit()
			panic("p")
		}, Exited, "runtime.Goexit was called"},
		{"Goexit, then panic in a defer", func(context.Context) error {
			defer func() { panic("p") }()
			runtime.Goexit()
			return nil
		}, Panicked, "panic: p"},
		{"Goexit, then a panic that is recovered", func(context.Context) error {
			defer func() {
				defer func() { _ = recover() }()
				panic("p")
			}()
			runtime.Goexit()
			return nil
		}, Exited, "runtime.Goexit was called"},
		{"return, then panic in a defer", func(context.Context) error {
			defer func() { panic("p") }()
			return nil
		}, Panicked, "panic: p"},
		{"return, then Goexit in a defer", func(context.Context) error {
			defer runtime.Goexit()
			return nil
		}, Exited, "runtime.Goexit was called"},
		{"panic, then panic in a defer", func(context.Context) error {
			defer func() { panic("second") }()
			panic("first")
		}, Panicked, "panic: second"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) { tryEnding(t, test.f, test.want, test.text) })
		})
	}
}

// tryEnding looks at what everybody who has to do with a task gets of its end.
func tryEnding(t *testing.T, f func(context.Context) error, want Outcome, text string) {
	t.Helper()
	var told []Outcome
	s := New(t.Context(), "s", RecoverPanics(nil), WithLimit(1),
		WithErrors(func(e *TaskError) { told = append(told, e.Outcome) }))
	go func() { // waits for the slot
		_ = s.Go(t.Context(), "next", returns(nil))
	}()
	task := mustStart(t, s, "task", func(ctx context.Context) error {
		synctest.Wait()
		return f(ctx)
	})
	waiters := make(chan error, 4)
	for range cap(waiters) / 2 {
		go func() { waiters <- task.Wait(t.Context()) }()
		go func() { <-task.Done(); waiters <- task.Wait(t.Context()) }()
	}
	for range cap(waiters) {
		err := <-waiters
		if (err == nil) != (want == OK) || err != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("a waiter got %v", err)
		}
	}
	if task.Outcome() != want {
		t.Errorf("outcome %v, want %v", task.Outcome(), want)
	}
	if err := s.Wait(t.Context()); (err == nil) != (want == OK) {
		t.Errorf("Wait: %v", err)
	}
	if want != OK {
		wantState(t, s, Cancelled) // it cancels its siblings
		if len(told) != 1 || told[0] != want {
			t.Errorf("told %v", told)
		}
	}
	synctest.Wait() // the next one may have had its turn
	if i := info(t, s); i.Used != 0 || i.Running != 0 || i.Waiting != 0 {
		t.Errorf("it has left something: %+v", i)
	}
	_ = s.Stop()
}

// Functions of the user that do not come back cost the task's end nothing.
func TestGoexitInFunctions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", WithPolicy(CollectAll), WithLimit(1),
			RecoverPanics(func(*PanicError) { runtime.Goexit() }),
			WithErrors(func(*TaskError) { runtime.Goexit() }))
		panics := mustStart(t, s, "panics", thePlaceOfThePanic)
		fails := mustStart(t, s, "fails", returns(errTest))
		wantErr(t, "the one that failed", fails.Wait(t.Context()), errTest)
		_ = panics.Wait(t.Context())
		err := s.Wait(t.Context())
		wantErr(t, "Wait", err, errTest)
		if i := info(t, s); panics.Outcome() != Panicked || i.Panicked != 1 || i.Failed != 1 || i.Used != 0 {
			t.Errorf("%v, %+v", panics.Outcome(), i)
		}
		wantErr(t, "Stop", s.Stop(), errTest)
	})
}

// Goexit in a task that is in nobody's way still ends the others under FailFast.
func TestGoexitCancelsSiblings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		mustGo(t, s, "sibling", untilCut)
		mustGo(t, s, "exits", func(context.Context) error { runtime.Goexit(); return nil })
		start := time.Now()
		wantErr(t, "Wait", s.Wait(t.Context()), ErrExited)
		if time.Since(start) != 0 {
			t.Error("it took time")
		}
		if i := info(t, s); i.Exited != 1 || i.OK != 1 {
			t.Errorf("%+v", i)
		}
		wantErr(t, "Stop", s.Stop(), ErrExited)
	})
}
