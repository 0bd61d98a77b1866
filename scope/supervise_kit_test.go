// SPDX-License-Identifier: Apache-2.0

package scope_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

var errBoom = errors.New("boom")

// A run is one life of a service in a test.
type run = func(ctx context.Context) error

// forever runs until it is told to end.
func forever(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// after returns err after d, if it is not told to end before.
func after(d time.Duration, err error) run {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// slow takes d to end when it is told to.
func slow(d time.Duration) run {
	return func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(d)
		return ctx.Err()
	}
}

// readyAfter calls Ready after d, and goes on with then.
func readyAfter(d time.Duration, then run) run {
	return func(ctx context.Context) error {
		if err := after(d, nil)(ctx); err != nil {
			return err
		}
		scope.Ready(ctx)
		return then(ctx)
	}
}

// lives returns a function that is another one each time it is called, the last one
// from then on.
func lives(each ...run) run {
	n := 0
	return func(ctx context.Context) error {
		f := each[min(n, len(each)-1)]
		n++
		return f(ctx)
	}
}

// A story is a test of a supervisor: what it does, as its observer sees it, with
// virtual times.
type story struct {
	name     string
	services []scope.Service
	options  []scope.SupervisorOption
	end      time.Duration // when the context ends; 0: it does not
	want     string        // a line for each time at which something happens: "1s a ready, b waiting"
	plain    bool          // want does not tell errors
	err      error         // what Run's error matches; nil: it is nil
}

// errEnd is why the context of a story ends.
var errEnd = errors.New("end of the story")

// fixed makes every delay the longest possible one.
var fixed = scope.WithJitter(func(most time.Duration) time.Duration { return most })

// tell runs a story in a bubble and returns Run's error.
func (s story) tell(t *testing.T) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log := chronicle{plain: s.plain}
		sup, e := scope.NewSupervisor("sup", s.services, slices.Concat([]scope.SupervisorOption{fixed, log.observer()}, s.options)...)
		if e != nil {
			t.Fatal(e)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		if s.end > 0 {
			time.AfterFunc(s.end, func() { cancel(errEnd) })
		}
		log.begin()
		err = sup.Run(ctx)
		time.Sleep(24 * time.Hour) // until what was given up has ended
		if got, want := log.String(), trim(s.want); got != want {
			t.Errorf("it happened:\n%s\nwant:\n%s", got, want)
		}
	})
	if !errors.Is(err, s.err) || (err == nil) != (s.err == nil) {
		t.Errorf("Run = %v, want %v", err, s.err)
	}
	return err
}

func trim(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}

// A chronicle writes down changes. All of it happens on the goroutine of Run.
type chronicle struct {
	plain bool // without errors
	began time.Time
	last  time.Duration
	text  strings.Builder
}

func (c *chronicle) begin() { c.began = time.Now() }

func (c *chronicle) observer() scope.SupervisorOption { return scope.WithObserver(c.note) }

func (c *chronicle) note(s scope.ServiceStatus, err error) {
	at := time.Since(c.began)
	switch {
	case c.text.Len() == 0:
		fmt.Fprintf(&c.text, "%v ", at)
	case at != c.last:
		fmt.Fprintf(&c.text, "\n%v ", at)
	default:
		c.text.WriteString(", ")
	}
	c.last = at
	fmt.Fprintf(&c.text, "%s %v", s.Name, s.State)
	if err != nil && !c.plain {
		fmt.Fprintf(&c.text, " (%s)", describe(err))
	}
}

// describe says of an *UnstoppedError only who still runs.
func describe(err error) string {
	u, ok := errors.AsType[*scope.UnstoppedError](err)
	if !ok {
		return err.Error()
	}
	text := "still runs:"
	for _, g := range u.Survey.Groups {
		text += fmt.Sprintf(" %s of %s", g.Task, g.Scope)
	}
	return text
}

func (c *chronicle) String() string { return c.text.String() }
