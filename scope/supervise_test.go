// SPDX-License-Identifier: Apache-2.0

package scope_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

func goexit(context.Context) error { runtime.Goexit(); return nil }

func panics(context.Context) error { panic(errBoom) }

// TestSuperviseStart: in order, each when the one before it is ready.
func TestSuperviseStart(t *testing.T) {
	for _, s := range []story{
		{
			name: "in order",
			services: []scope.Service{
				{Name: "a", Run: readyAfter(2*time.Second, forever), ReadyWithin: 3 * time.Second},
				{Name: "b", Run: forever},
				{Name: "c", Run: readyAfter(time.Minute, forever), ReadyWithin: -1},
				{Name: "d", Run: forever},
			},
			end: 5 * time.Minute,
			want: `0s a waiting, b waiting, c waiting, d waiting, a starting
				2s a ready, b ready, c starting
				1m2s c ready, d ready
				5m0s d stopping, d ended, c stopping, c ended, b stopping, b ended, a stopping, a ended`,
			err: errEnd,
		},
		{
			name: "what comes first has to end well",
			services: []scope.Service{
				{Name: "migrate", Run: lives(after(time.Second, errBoom), after(time.Second, nil)), Restart: scope.Transient, ReadyWithin: -1},
				{Name: "b", Run: after(time.Minute, nil), Restart: scope.Transient},
			},
			want: `0s migrate waiting, b waiting, migrate starting
				1s migrate backoff (boom)
				1.1s migrate starting
				2.1s migrate ended, b ready
				1m2.1s b ended`,
		},
		{
			name: "too late is a failure",
			services: []scope.Service{
				{Name: "a", Run: lives(forever, readyAfter(time.Second, forever)), ReadyWithin: 2 * time.Second},
				{Name: "b", Run: forever},
			},
			end: time.Minute,
			want: `0s a waiting, b waiting, a starting
				2s a stopping, a backoff (service was not ready in time: not within 2s)
				2.1s a starting
				3.1s a ready, b ready
				1m0s b stopping, b ended, a stopping, a ended`,
			err: errEnd,
		},
		{
			name: "the end comes before the start has",
			services: []scope.Service{
				{Name: "a", Run: readyAfter(time.Hour, forever), ReadyWithin: -1},
				{Name: "b", Run: forever},
			},
			end: time.Second,
			want: `0s a waiting, b waiting, a starting
				1s b ended, a stopping, a ended`,
			err: errEnd,
		},
		{name: "nothing to do"},
	} {
		t.Run(s.name, func(t *testing.T) { s.tell(t) })
	}
}

// TestSuperviseRestartKinds: who is restarted after which ending.
func TestSuperviseRestartKinds(t *testing.T) {
	wrapped := func(err error) error { return fmt.Errorf("wrapped: %w", err) }
	const restarted = "0s a waiting, a ready\n1s a backoff (%v)\n1.1s a ready\n2.1s a ended"
	const ended = "0s a waiting, a ready\n1s a ended (%v)"
	inSecond := func(f run) run {
		return func(ctx context.Context) error {
			time.Sleep(time.Second)
			return f(ctx)
		}
	}
	last := after(time.Second, scope.ErrDoNotRestart)
	const good = " (service has ended for good)"
	for _, c := range []struct {
		name string
		kind scope.Restart
		run  run
		want string
	}{
		{"permanent nil", scope.Permanent, after(time.Second, nil), fmt.Sprintf(restarted, scope.ErrReturned) + good},
		{"permanent error", scope.Permanent, after(time.Second, errBoom), fmt.Sprintf(restarted, errBoom) + good},
		{"permanent foreign cancel", scope.Permanent, after(time.Second, context.Canceled), fmt.Sprintf(restarted, context.Canceled) + good},
		{"permanent Goexit", scope.Permanent, inSecond(goexit), fmt.Sprintf(restarted, scope.ErrExited) + good},
		{"permanent for good", scope.Permanent, after(time.Second, wrapped(scope.ErrDoNotRestart)), fmt.Sprintf(ended, wrapped(scope.ErrDoNotRestart))},
		{"transient nil", scope.Transient, after(time.Second, nil), "0s a waiting, a ready\n1s a ended"},
		{"transient error", scope.Transient, after(time.Second, errBoom), fmt.Sprintf(restarted, errBoom) + good},
		{"transient foreign cancel", scope.Transient, after(time.Second, context.Canceled), fmt.Sprintf(restarted, context.Canceled) + good},
		{"transient deadline", scope.Transient, after(time.Second, context.DeadlineExceeded), fmt.Sprintf(restarted, context.DeadlineExceeded) + good},
		{"transient Goexit", scope.Transient, inSecond(goexit), fmt.Sprintf(restarted, scope.ErrExited) + good},
		{"transient panic", scope.Transient, inSecond(panics), fmt.Sprintf(restarted, "panic: boom") + good},
		{"temporary error", scope.Temporary, after(time.Second, errBoom), fmt.Sprintf(ended, errBoom)},
		{"temporary nil", scope.Temporary, after(time.Second, nil), "0s a waiting, a ready\n1s a ended"},
		{"temporary Goexit", scope.Temporary, inSecond(goexit), fmt.Sprintf(ended, scope.ErrExited)},
		{"temporary panic", scope.Temporary, inSecond(panics), fmt.Sprintf(ended, "panic: boom")},
	} {
		t.Run(c.name, func(t *testing.T) {
			story{
				services: []scope.Service{{Name: "a", Run: lives(c.run, last), Restart: c.kind}},
				options:  []scope.SupervisorOption{scope.RestartPanics(nil)},
				want:     c.want,
			}.tell(t)
		})
	}
}

// TestSuperviseStrategies: b of a, b, c, d fails after a second. d is temporary.
func TestSuperviseStrategies(t *testing.T) {
	for _, c := range []struct {
		name     string
		strategy scope.Strategy
		want     string
	}{
		{"one for one", scope.OneForOne, `
			0s a waiting, b waiting, c waiting, d waiting, a ready, b ready, c ready, d ready
			1s b backoff (boom)
			1.1s b ready
			1m0s d stopping, d ended, c stopping
			1m2s c ended, b stopping, b ended, a stopping
			1m3s a ended`},
		{"rest for one", scope.RestForOne, `
			0s a waiting, b waiting, c waiting, d waiting, a ready, b ready, c ready, d ready
			1s b backoff (boom), d stopping, d ended, c stopping
			3s c waiting, b ready, c ready
			1m0s c stopping
			1m2s c ended, b stopping, b ended, a stopping
			1m3s a ended`},
		{"one for all", scope.OneForAll, `
			0s a waiting, b waiting, c waiting, d waiting, a ready, b ready, c ready, d ready
			1s b backoff (boom), d stopping, d ended, c stopping
			3s c waiting, a stopping
			4s a waiting, a ready, b ready, c ready
			1m0s c stopping
			1m2s c ended, b stopping, b ended, a stopping
			1m3s a ended`},
	} {
		t.Run(c.name, func(t *testing.T) {
			story{
				services: []scope.Service{
					{Name: "a", Run: slow(time.Second)},
					{Name: "b", Run: lives(after(time.Second, errBoom), forever)},
					{Name: "c", Run: slow(2 * time.Second)},
					{Name: "d", Run: forever, Restart: scope.Temporary},
				},
				options: []scope.SupervisorOption{scope.WithStrategy(c.strategy)},
				end:     time.Minute, want: c.want, err: errEnd,
			}.tell(t)
		})
	}
}

// TestSuperviseGroups: what is special when several services are restarted.
func TestSuperviseGroups(t *testing.T) {
	for _, s := range []story{
		{
			name: "the backoff of one holds all back",
			services: []scope.Service{
				{Name: "a", Run: forever},
				{Name: "b", Run: lives(after(time.Second, errBoom), forever)},
			},
			options: []scope.SupervisorOption{scope.WithStrategy(scope.OneForAll), scope.WithBackoff(time.Minute, time.Minute, 0)},
			end:     2 * time.Minute,
			want: `0s a waiting, b waiting, a ready, b ready
				1s b backoff (boom), a stopping, a waiting
				1m1s a ready, b ready
				2m0s b stopping, b ended, a stopping, a ended`,
			err: errEnd,
		},
		{
			name: "why another one is restarted is not its own error",
			services: []scope.Service{
				{Name: "a", Run: forever},
				{Name: "b", Run: lives(forever, readyAfter(0, forever)), ReadyWithin: time.Second},
			},
			options: []scope.SupervisorOption{scope.WithStrategy(scope.OneForAll)},
			end:     time.Minute,
			want: `0s a waiting, b waiting, a ready, b starting
				1s b stopping, b backoff (service was not ready in time: not within 1s), a stopping, a waiting
				1.1s a ready, b starting, b ready
				1m0s b stopping, b ended, a stopping, a ended`,
			err: errEnd,
		},
		{
			name: "the longer of two backoffs counts",
			services: []scope.Service{
				{Name: "a", Run: lives(after(10*time.Second, errBoom), forever)},
				{Name: "b", Run: lives(after(time.Second, errBoom), after(time.Second, errBoom), after(time.Second, errBoom), forever), Restart: scope.Transient},
			},
			options: []scope.SupervisorOption{scope.WithStrategy(scope.RestForOne), scope.WithBackoff(2*time.Second, time.Minute, time.Minute)},
			end:     time.Minute,
			want: `0s a waiting, b waiting, a ready, b ready
				1s b backoff (boom)
				3s b ready
				4s b backoff (boom)
				8s b ready
				9s b backoff (boom)
				10s a backoff (boom), b waiting
				12s a ready
				17s b ready
				1m0s b stopping, b ended, a stopping, a ended`,
			err: errEnd,
		},
		{
			name: "they come back in order, and what has ended well with them",
			services: []scope.Service{
				{Name: "db", Run: lives(after(time.Minute, errBoom), readyAfter(time.Second, forever)), ReadyWithin: -1},
				{Name: "load", Run: after(time.Second, nil), Restart: scope.Transient, ReadyWithin: -1},
				{Name: "once", Run: after(0, scope.ErrDoNotRestart)},
				{Name: "web", Run: forever},
			},
			options: []scope.SupervisorOption{scope.WithStrategy(scope.RestForOne)},
			end:     2 * time.Minute,
			want: `0s db waiting, load waiting, once waiting, web waiting, db starting
				1m0s db backoff (boom)
				1m0.1s db starting
				1m1.1s db ready, load starting
				1m2.1s load ended, once ready, web ready, once ended (service has ended for good)
				2m0s web stopping, web ended, db stopping, db ended`,
			err: errEnd,
		},
	} {
		t.Run(s.name, func(t *testing.T) { s.tell(t) })
	}
}

// TestSuperviseGroupErrors: what of those that are restarted along with another one
// counts, and what does not.
func TestSuperviseGroupErrors(t *testing.T) {
	for _, s := range []story{
		{
			name: "restarted along with another one, except for good",
			services: []scope.Service{
				{Name: "db", Run: lives(after(time.Minute, errBoom), forever)},
				{Name: "load", Run: after(time.Second, nil), Restart: scope.Transient},
				{Name: "once", Run: after(2*time.Second, scope.ErrDoNotRestart)},
			},
			options: []scope.SupervisorOption{scope.WithStrategy(scope.RestForOne)},
			end:     2 * time.Minute,
			want: `0s db waiting, load waiting, once waiting, db ready, load ready, once ready
				1s load ended
				2s once ended (service has ended for good)
				1m0s db backoff (boom), load waiting
				1m0.1s db ready, load ready
				1m1.1s load ended
				2m0s db stopping, db ended`,
			err: errEnd,
		},
		{
			name: "an error while it is stopped for another one is no failure",
			services: []scope.Service{
				{Name: "a", Run: lives(after(time.Second, errBoom), forever)},
				{Name: "b", Run: lives(func(ctx context.Context) error { <-ctx.Done(); return errors.New("cut off") }, forever)},
			},
			options: []scope.SupervisorOption{scope.WithStrategy(scope.OneForAll), scope.WithIntensity(1, time.Hour)},
			end:     time.Minute,
			want: `0s a waiting, b waiting, a ready, b ready
				1s a backoff (boom), b stopping, b waiting (cut off)
				1.1s a ready, b ready
				1m0s b stopping, b ended, a stopping, a ended`,
			err: errEnd,
		},
	} {
		t.Run(s.name, func(t *testing.T) { s.tell(t) })
	}
}

// TestSuperviseBackoff: the longest delays double up to the limit, begin again after a
// healthy period, and end with the context.
func TestSuperviseBackoff(t *testing.T) {
	fail := after(time.Second, errBoom)
	for _, s := range []story{
		{
			name:     "doubles up to the limit",
			services: []scope.Service{{Name: "a", Run: lives(fail, fail, fail, fail, forever)}},
			options:  []scope.SupervisorOption{scope.WithBackoff(time.Second, 5*time.Second, 10*time.Second)},
			end:      time.Minute,
			want: `0s a waiting, a ready
				1s a backoff (boom)
				2s a ready
				3s a backoff (boom)
				5s a ready
				6s a backoff (boom)
				10s a ready
				11s a backoff (boom)
				16s a ready
				1m0s a stopping, a ended`,
			err: errEnd,
		},
		{
			name:     "begins again after a healthy period, to the nanosecond",
			services: []scope.Service{{Name: "a", Run: lives(fail, after(10*time.Second-1, errBoom), after(10*time.Second, errBoom), forever)}},
			options:  []scope.SupervisorOption{scope.WithBackoff(time.Second, time.Minute, 10*time.Second)},
			end:      time.Minute,
			want: `0s a waiting, a ready
				1s a backoff (boom)
				2s a ready
				11.999999999s a backoff (boom)
				13.999999999s a ready
				23.999999999s a backoff (boom)
				24.999999999s a ready
				1m0s a stopping, a ended`,
			err: errEnd,
		},
		{
			name: "a start that takes long is not healthy",
			services: []scope.Service{{Name: "a", ReadyWithin: -1, Run: lives(
				readyAfter(0, fail), after(time.Minute, errBoom), readyAfter(0, forever),
			)}},
			options: []scope.SupervisorOption{scope.WithBackoff(time.Second, time.Minute, 10*time.Second)},
			end:     2 * time.Minute,
			want: `0s a waiting, a starting, a ready
				1s a backoff (boom)
				2s a starting
				1m2s a backoff (boom)
				1m4s a starting, a ready
				2m0s a stopping, a ended`,
			err: errEnd,
		},
		{
			name:     "ends with the context",
			services: []scope.Service{{Name: "a", Run: fail}, {Name: "b", Run: forever}},
			options:  []scope.SupervisorOption{scope.WithBackoff(time.Hour, time.Hour, 0)},
			end:      time.Minute,
			want: `0s a waiting, b waiting, a ready, b ready
				1s a backoff (boom)
				1m0s a ended, b stopping, b ended`,
			err: errEnd,
		},
		{
			name:     "none",
			services: []scope.Service{{Name: "a", Run: lives(fail, fail, forever)}},
			options:  []scope.SupervisorOption{scope.WithBackoff(0, 0, 0)},
			end:      time.Minute,
			want: `0s a waiting, a ready
				1s a backoff (boom), a ready
				2s a backoff (boom), a ready
				1m0s a stopping, a ended`,
			err: errEnd,
		},
	} {
		t.Run(s.name, func(t *testing.T) { s.tell(t) })
	}
}
