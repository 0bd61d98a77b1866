// SPDX-License-Identifier: Apache-2.0

package scope_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// The model test runs random services under random supervisors, and looks at them
// from both sides. The services themselves count who runs (world); the observer sees
// what the supervisor says (view). Both know the rules.

const (
	modelBudget = 3 * time.Second // of each service
	modelReady  = 2 * time.Second // of some
)

// world is what services see.
type world struct {
	t        *testing.T
	strategy scope.Strategy

	mu    sync.Mutex
	runs  []int       // how many copies of each service, helpers too
	self  []bool      // has returned without having been told
	began []time.Time // its latest life
	over  bool        // Run has returned
}

func (w *world) begin(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began[i] = time.Now()
	w.self[i] = false
	w.runs[i]++
	if w.runs[i] > 1 {
		w.t.Errorf("%d copies of service %d", w.runs[i], i)
	}
	if w.over {
		w.t.Errorf("service %d begins after the end", i)
	}
	for j := i + 1; j < len(w.runs) && w.strategy != scope.OneForOne; j++ {
		if w.runs[j] > 0 && w.began[j].Before(w.began[i]) {
			w.t.Errorf("service %d begins while %d still runs", i, j)
		}
	}
}

func (w *world) add(i, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs[i] += n
}

func (w *world) returns(i int, self bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.self[i] = self
}

func (w *world) hasReturned(i int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.self[i]
}

// service makes a random one.
func (w *world) service(i int, rng *rand.Rand) scope.Service {
	s := scope.Service{Name: fmt.Sprint("s", i), Restart: scope.Restart(rng.IntN(3)), StopBudget: modelBudget}
	if rng.IntN(3) == 0 {
		s.Restart = scope.Permanent
	}
	if rng.IntN(2) == 0 {
		s.ReadyWithin = []time.Duration{-1, modelReady}[rng.IntN(2)]
	}
	s.Run = func(ctx context.Context) error {
		w.begin(i)
		defer w.add(i, -1)
		if rng.IntN(4) == 0 {
			w.helper(ctx, i, milliseconds(rng, 2000))
		}
		return w.live(ctx, i, rng)
	}
	return s
}

// helper starts a task that belongs to the life, and takes d to end.
func (w *world) helper(ctx context.Context, i int, d time.Duration) {
	w.add(i, 1)
	err := scope.From(ctx).Go(ctx, "helper", func(ctx context.Context) error {
		defer w.add(i, -1)
		return slow(d)(ctx)
	})
	if err != nil {
		w.add(i, -1)
	}
}

// live is a random life.
func (w *world) live(ctx context.Context, i int, rng *rand.Rand) error {
	told := func(d time.Duration) bool { return after(d, nil)(ctx) != nil }
	if told(milliseconds(rng, 3000)) {
		return w.end(ctx, i, rng)
	}
	scope.Ready(ctx)
	if told(milliseconds(rng, 20000)) {
		return w.end(ctx, i, rng)
	}
	w.returns(i, true)
	switch n := rng.IntN(60); {
	case n == 0:
		return scope.ErrTerminateTree
	case n < 3:
		return scope.ErrDoNotRestart
	case n < 15:
		return nil
	case n < 20:
		panic("at the disco")
	case n < 25:
		runtime.Goexit()
	case n < 30:
		return context.Canceled
	}
	return errBoom
}

// end is what a life does when it is told to end.
func (w *world) end(ctx context.Context, i int, rng *rand.Rand) error {
	d := milliseconds(rng, 1000)
	if rng.IntN(100) == 0 {
		d = time.Minute // does not end in time
	}
	time.Sleep(d)
	switch rng.IntN(20) {
	case 0:
		return errBoom
	case 1:
		return scope.ErrDoNotRestart
	case 2:
		return nil
	case 3:
		return context.Cause(ctx)
	}
	return ctx.Err()
}

// milliseconds returns up to most, 0 often.
func milliseconds(rng *rand.Rand, most int) time.Duration {
	if rng.IntN(4) == 0 {
		return 0
	}
	return time.Duration(rng.IntN(most)) * time.Millisecond
}

// view is what the observer sees.
type view struct {
	t        *testing.T
	w        *world
	root     *scope.Scope
	strategy scope.Strategy
	kinds    []scope.Restart
	restarts int
	within   time.Duration

	log      chronicle
	state    []scope.ServiceState
	since    []time.Time
	started  []bool
	final    []bool
	next     []time.Time
	failures []time.Time // that have called for restarts
	end      time.Time   // when it is told to end
	stuck    bool        // something did not stop
}

func (v *view) note(s scope.ServiceStatus, err error) {
	v.log.note(s, err)
	i := int(s.Name[1] - '0')
	was := v.state[i]
	defer func() { v.state[i], v.since[i] = s.State, s.Since }()
	switch s.State {
	case scope.ServiceStarting, scope.ServiceReady:
		if was != scope.ServiceStarting {
			v.starts(i, was, s)
		}
	case scope.ServiceBackoff:
		v.fails(i, s, err)
	case scope.ServiceStopping:
		if was != scope.ServiceStarting || s.Since.Sub(v.since[i]) != modelReady { // else it is late
			v.stops(i)
		}
	case scope.ServiceEnded:
		v.final[i] = v.final[i] || v.kinds[i] == scope.Temporary || errors.Is(err, scope.ErrDoNotRestart)
		if _, ok := errors.AsType[*scope.UnstoppedError](err); ok {
			v.stuck = true
		}
	}
}

func (v *view) starts(i int, was scope.ServiceState, s scope.ServiceStatus) {
	switch {
	case was != scope.ServiceWaiting && was != scope.ServiceBackoff:
		v.t.Errorf("%s starts when it is %v", s.Name, was)
	case v.final[i] || v.stuck:
		v.t.Errorf("%s starts although it has ended for good, or something did not stop", s.Name)
	case s.Since.Before(v.next[i]):
		v.t.Errorf("%s starts before its backoff is over", s.Name)
	case s.Since.After(v.end):
		v.t.Errorf("%s starts after the end", s.Name)
	case v.started[i] != (s.Restarts > 0):
		v.t.Errorf("%s was restarted %d times", s.Name, s.Restarts)
	}
	for j, state := range v.state {
		up := state == scope.ServiceReady || state == scope.ServiceEnded
		if j < i && !up && (v.strategy != scope.OneForOne || !v.started[i]) {
			v.t.Errorf("%s starts while %d before it is %v", s.Name, j, state)
		}
	}
	v.started[i] = true
}

func (v *view) fails(i int, s scope.ServiceStatus, err error) {
	v.next[i] = s.Next
	v.failures = append(v.failures, s.Since)
	if n := v.count(s.Since); n > v.restarts {
		v.t.Errorf("%d restarts within %v, want %d at most", n, v.within, v.restarts)
	}
	if v.kinds[i] == scope.Temporary || err == nil || errors.Is(err, scope.ErrReturned) && v.kinds[i] != scope.Permanent {
		v.t.Errorf("%s, of kind %d, is restarted after %v", s.Name, v.kinds[i], err)
	}
}

// count returns how many failures count at this time.
func (v *view) count(at time.Time) int {
	n := 0
	for _, f := range v.failures {
		if at.Sub(f) < v.within {
			n++
		}
	}
	return n
}

// stops: those behind a service that is told to stop have stopped.
func (v *view) stops(i int) {
	if v.w.hasReturned(i) || v.root.State() != scope.Open || v.strategy == scope.OneForOne && time.Now().Before(v.end) {
		return
	}
	for j := i + 1; j < len(v.state); j++ {
		if s := v.state[j]; s == scope.ServiceReady || s == scope.ServiceStarting || s == scope.ServiceStopping {
			v.t.Errorf("%d is told to stop while %d is %v", i, j, s)
		}
	}
}

// check is for the end.
func (v *view) check(err error) {
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	v.w.over = true
	still := slices.ContainsFunc(v.w.runs, func(n int) bool { return n > 0 })
	if still && !v.stuck {
		v.t.Errorf("services still run, and nobody says so: %v, %v", v.w.runs, err)
	}
	if slices.ContainsFunc(v.state, func(s scope.ServiceState) bool { return s != scope.ServiceEnded }) {
		v.t.Errorf("at the end services are %v", v.state)
	}
	e, _ := err.(*scope.SupervisorError)
	switch {
	case v.stuck && e == nil:
		v.t.Errorf("Run = %v although something did not stop", err)
	case errors.Is(err, scope.ErrTooManyRestarts):
		at := e.Failures[len(e.Failures)-1].At
		if n := v.count(at) + 1; n != v.restarts+1 || len(e.Failures) != n {
			v.t.Errorf("gave up with %d restarts within %v, allowed are %d; %v", n, v.within, v.restarts, e.Failures)
		}
	case e == nil && err != nil && err != errEnd:
		v.t.Errorf("Run = %v", err)
	}
	if late := time.Since(v.end); late > modelBudget*time.Duration(len(v.state)) {
		v.t.Errorf("Run has returned %v after its end", late)
	}
}

func TestSuperviseModel(t *testing.T) {
	reasons := make(map[string]int)
	for seed := range uint64(500) {
		synctest.Test(t, func(t *testing.T) { reasons[modelRun(t, seed)]++ })
	}
	for _, want := range []string{"nil", "end", scope.ErrTooManyRestarts.Error(), scope.ErrNotStopped.Error(), scope.ErrTerminateTree.Error(), "not well"} {
		if reasons[want] == 0 {
			t.Errorf("no run has ended with %q, so nothing is known about that: %v", want, reasons)
		}
	}
}

// modelRun returns how a run has ended.
func modelRun(t *testing.T, seed uint64) string {
	rng := rand.New(rand.NewPCG(seed, 1))
	n := 1 + rng.IntN(5)
	w := &world{t: t, strategy: scope.Strategy(rng.IntN(3)), runs: make([]int, n), self: make([]bool, n), began: make([]time.Time, n)}
	root := scope.New(t.Context(), "root")
	v := &view{
		t: t, w: w, root: root, strategy: w.strategy, restarts: rng.IntN(8), within: time.Second + milliseconds(rng, 30000),
		state: make([]scope.ServiceState, n), since: make([]time.Time, n), started: make([]bool, n), final: make([]bool, n), next: make([]time.Time, n),
	}
	var services []scope.Service
	for i := range n {
		services = append(services, w.service(i, rand.New(rand.NewPCG(seed, uint64(i)+2))))
		v.kinds = append(v.kinds, services[i].Restart)
	}
	base := milliseconds(rng, 2000)
	sup := supervisor(t, services, scope.WithStrategy(w.strategy), scope.WithIntensity(v.restarts, v.within),
		scope.WithBackoff(base, 4*base, 5*time.Second), scope.WithObserver(v.note), scope.RestartPanics(nil))
	ctx, cancel := context.WithCancelCause(root.Context())
	end, hard := milliseconds(rng, 100_000), rng.IntN(3) == 0
	v.end = time.Now().Add(end)
	stop := time.AfterFunc(end, func() {
		if hard {
			root.Cancel(errEnd)
		}
		cancel(errEnd)
	})
	v.log.begin()
	err := sup.Run(ctx)
	stop.Stop()
	v.check(err)
	if t.Failed() {
		t.Logf("seed %d: %+v, strategy %d\n%s\n%v", seed, services, v.strategy, v.log.String(), err)
	}
	cancel(nil)
	time.Sleep(time.Hour)
	root.Stop()
	return modelReason(err)
}

func modelReason(err error) string {
	e, _ := err.(*scope.SupervisorError)
	switch {
	case err == nil:
		return "nil"
	case e == nil:
		return "end"
	case e.Reason == nil:
		return "not well"
	default:
		return e.Reason.Error()
	}
}
