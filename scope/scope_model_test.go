// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// modelSchedules is how many random schedules an ordinary test run tries.
// QUIESCE_MODEL_SCHEDULES says how many instead, QUIESCE_MODEL_SEED which is the first.
const modelSchedules = 1000

var errTooHeavy = errors.New("too heavy") // stands for the error of a weight above the limit

// TestModel does random things to random trees of scopes, and compares all that can be
// seen with a model after each.
func TestModel(t *testing.T) {
	first := envNumber(t, "QUIESCE_MODEL_SEED", 1)
	schedules := envNumber(t, "QUIESCE_MODEL_SCHEDULES", modelSchedules)
	began := time.Now()
	for seed := first; seed < first+schedules && !t.Failed(); seed++ {
		synctest.Test(t, func(t *testing.T) {
			w := &world{t: t, rand: rand.New(rand.NewPCG(seed, 0))}
			w.play()
			if t.Failed() {
				t.Logf("QUIESCE_MODEL_SEED=%d QUIESCE_MODEL_SCHEDULES=1:\n%s", seed, strings.Join(w.log, "\n"))
			}
		})
	}
	t.Logf("%.0f schedules a second", float64(schedules)/time.Since(began).Seconds())
}

func envNumber(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		t.Fatal(name, err)
	}
	return n
}

// A world is one schedule: real scopes, their models, and who waits for what.
type world struct {
	t      *testing.T
	rand   *rand.Rand
	log    []string // what was done
	scopes []*mScope
	calls  []*mCall
	waits  []*mWait
	causes int
}

// A realCall is what a call of the model really does.
type realCall struct {
	handle     *Task
	ctxEnd     context.CancelCauseFunc // of the context it waits with
	returned   bool
	err        error
	release    chan modelRelease
	ran        int
	taken, cut context.Context // the task's
	saysErr    bool            // it returns ctx.Err(), not the cause
}

// A modelRelease is how a task is to end.
type modelRelease struct {
	how Outcome
	err error
}

// A mWait is a call of Wait or Stop.
type mWait struct {
	scope    *mScope
	stop     bool
	returned bool
	err      error
	over     bool // by the model
}

func (w *world) does(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

func (w *world) newCause() error {
	w.causes++
	return fmt.Errorf("cause %d", w.causes)
}

// play is one schedule.
func (w *world) play() {
	w.newRoot()
	for range 5 + w.rand.IntN(30) {
		w.step()
		w.settle()
		if w.t.Failed() {
			break
		}
	}
	w.end()
}

func (w *world) step() {
	steps := []struct {
		weight int
		do     func(*mScope)
	}{
		{2, func(*mScope) { w.newRoot() }},
		{12, w.newChild},
		{30, w.goes},
		{20, w.releases},
		{4, w.cancelsTask},
		{3, w.endsCall},
		{4, w.shuts},
		{3, w.cancels},
		{3, w.endsContext},
		{5, w.setsLimit},
		{5, w.waitsFor},
		{3, w.stops},
		{3, w.closes},
	}
	sum := 0
	for _, s := range steps {
		sum += s.weight
	}
	at := w.rand.IntN(sum)
	for _, s := range steps {
		if at -= s.weight; at < 0 {
			s.do(w.scopes[w.rand.IntN(len(w.scopes))])
			return
		}
	}
}

// options are random ones, for s as well.
func (w *world) options(s *mScope) []Option {
	policies := []Policy{FailFast, FailFast, CollectAll, FirstSuccess, Quorum(2), Quorum(3), Isolate}
	p := policies[w.rand.IntN(len(policies))]
	s.rule, s.quorum = p.verdict, p.quorum
	s.maxErrors = []int{DefaultMaxErrors, 0, 1, 2}[w.rand.IntN(4)]
	s.limit = max(0, w.rand.IntN(7)-3)
	return []Option{WithPolicy(p), WithLimit(s.limit), WithMaxErrors(s.maxErrors), RecoverPanics(nil)}
}

func (w *world) newRoot() {
	s := &mScope{name: fmt.Sprint("s", len(w.scopes)), viaTake: true}
	ctx, end := context.WithCancelCause(w.t.Context())
	s.end = end
	s.real = New(ctx, s.name, w.options(s)...)
	w.scopes = append(w.scopes, s)
	w.does("%s = new root, rule %d, limit %d", s.name, s.rule, s.limit)
}

func (w *world) newChild(p *mScope) {
	s := &mScope{name: fmt.Sprint("s", len(w.scopes)), parent: p, viaTake: w.rand.IntN(2) == 0}
	from, take, work := p.real.Context(), p.take, p.work
	if n := len(p.running); n > 0 && w.rand.IntN(2) == 0 {
		t := p.running[w.rand.IntN(n)]
		from = t.call.taken
		if take, work = t.causes(); t.call.own {
			s.maker = t
		}
	}
	ended := take
	if !s.viaTake {
		from, ended = WorkContext(from), work
	}
	ctx, end := context.WithCancelCause(from)
	s.end = end
	s.real = New(ctx, s.name, w.options(s)...)
	w.does("%s = child of %s, via take %v, of an own task %v, rule %d, limit %d", s.name, p.name, s.viaTake, s.maker != nil, s.rule, s.limit)
	w.scopes = append(w.scopes, s)
	p.children = append(p.children, s)
	if work != nil {
		s.take, s.work = ended, work
		s.cancel(work, true)
	}
	if ended != nil {
		s.endContext(ended)
	}
}

func (w *world) goes(s *mScope) {
	c := &mCall{
		scope: s, name: fmt.Sprint("t", w.rand.IntN(3)), weight: 1, wait: true,
		ends: modelEnd(w.rand.IntN(3)),
	}
	c.release, c.saysErr = make(chan modelRelease), w.rand.IntN(2) == 0
	ctx, inner := w.asks(s)
	c.inner = inner
	ctx, c.ctxEnd = context.WithCancelCause(ctx)
	way := w.rand.IntN(3)
	var options []TaskOption
	switch way {
	case 1:
		c.wait = false
	case 2:
		c.weight, c.own = 1+w.rand.IntN(3), w.rand.IntN(2) == 0
		options = append(options, Weight(c.weight))
		if c.own {
			options = append(options, Cancelable())
		}
	}
	w.does("%s: call %d by way %d, weight %d, inner %v, own %v, ends %d", s.name, len(w.calls), way, c.weight, c.inner, c.own, c.ends)
	w.calls = append(w.calls, c)
	go func() {
		switch way {
		case 0:
			c.err = s.real.Go(ctx, c.name, c.f)
		case 1:
			c.err = s.real.TryGo(ctx, c.name, c.f)
		case 2:
			c.handle, c.err = s.real.Start(ctx, c.name, c.f, options...)
		}
		c.returned = true
	}()
	s.start(c)
}

// asks returns a context for Go that has not ended, and whether it is of work in
// flight.
func (w *world) asks(s *mScope) (ctx context.Context, inner bool) {
	other := w.scopes[w.rand.IntN(len(w.scopes))]
	if w.rand.IntN(2) == 0 || len(other.running) == 0 {
		return w.t.Context(), false
	}
	t := other.running[w.rand.IntN(len(other.running))]
	for at := other; at != nil; at = at.parent {
		inner = inner || at == s
	}
	return context.WithoutCancel(t.call.taken), inner
}

// f is what a task of the model does.
func (c *mCall) f(ctx context.Context) error {
	c.ran++
	c.taken, c.cut = ctx, WorkContext(ctx)
	var tells context.Context
	var end <-chan struct{}
	switch c.ends {
	case onTake:
		tells, end = c.taken, c.taken.Done()
	case onWork:
		tells, end = c.cut, c.cut.Done()
	}
	select {
	case <-end:
		if c.saysErr {
			return tells.Err()
		}
		return context.Cause(tells)
	case r := <-c.release:
		switch r.how {
		case Panicked:
			panic(r.err)
		case Exited:
			runtime.Goexit()
		}
		return r.err
	}
}

func (w *world) releases(s *mScope) {
	if len(s.running) == 0 {
		return
	}
	w.release(s.running[w.rand.IntN(len(s.running))], []Outcome{OK, OK, Failed, Panicked, Exited}[w.rand.IntN(5)])
}

func (w *world) release(t *mTask, how Outcome) {
	r := modelRelease{how: how}
	err := ErrExited
	switch how {
	case OK:
		err = nil
	case Failed, Panicked:
		err = w.newCause()
		r.err = err
	}
	w.does("%s: a task ends: %v", t.scope.name, how)
	t.call.release <- r
	t.finish(how, err, how == OK)
}

func (w *world) cancelsTask(s *mScope) {
	for _, t := range s.running {
		if t.call.own {
			cause := w.newCause()
			w.does("%s: cancel of a task: %v", s.name, cause)
			t.call.handle.Cancel(cause)
			t.endOwn(cause)
			return
		}
	}
}

// endsCall ends the context of a call that waits.
func (w *world) endsCall(s *mScope) {
	if len(s.queue) == 0 {
		return
	}
	c := s.queue[w.rand.IntN(len(s.queue))]
	cause := w.newCause()
	w.does("%s: the context of a call ends: %v", s.name, cause)
	c.ctxEnd(cause)
	s.turnAway(cause, func(other *mCall) bool { return other == c })
}

func (w *world) shuts(s *mScope) {
	cause := w.newCause()
	w.does("%s: Shut: %v", s.name, cause)
	s.real.Shut(cause)
	s.shutWith(cause)
}

func (w *world) cancels(s *mScope) {
	cause := w.newCause()
	w.does("%s: Cancel: %v", s.name, cause)
	s.real.Cancel(cause)
	s.cancel(cause, true)
}

func (w *world) endsContext(s *mScope) {
	cause := w.newCause()
	w.does("%s: the context of New ends: %v", s.name, cause)
	s.end(cause)
	s.endContext(cause)
}

func (w *world) setsLimit(s *mScope) {
	limit := w.rand.IntN(6) - 1
	w.does("%s: SetLimit %d", s.name, limit)
	s.real.SetLimit(limit)
	s.setLimit(limit)
}

func (w *world) waitsFor(s *mScope) { w.wait(&mWait{scope: s}) }

func (w *world) stops(s *mScope) {
	w.wait(&mWait{scope: s, stop: true})
	s.stopping()
}

func (w *world) wait(m *mWait) {
	w.does("%s: Wait, Stop %v", m.scope.name, m.stop)
	w.waits = append(w.waits, m)
	go func() {
		if m.stop {
			m.err = m.scope.real.Stop()
		} else {
			m.err = m.scope.real.Wait(w.t.Context())
		}
		m.returned = true
	}()
}

func (w *world) closes(s *mScope) {
	w.does("%s: Close", s.name)
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	err := s.real.Close(ctx)
	_, gaveUp := errors.AsType[*UnstoppedError](err)
	if n := s.close(); gaveUp != (n > 0) {
		w.t.Errorf("Close of %s: %v, but %d tasks should still run", s.name, err, n)
	}
	if !gaveUp {
		w.sameErr("Close of "+s.name, err, s.err())
	}
}

// end lets everything end, and looks once more.
func (w *world) end() {
	for _, c := range w.calls {
		if t := c.task; t != nil && !t.ended && c.returned {
			w.release(t, OK)
			w.settle()
		}
	}
	for _, s := range w.scopes {
		if s.parent == nil && !w.t.Failed() {
			w.stops(s)
			w.settle()
		}
	}
	w.clear()
}

// clear lets go of all goroutines, for a bubble that has failed.
func (w *world) clear() {
	for _, s := range w.scopes {
		s.real.Cancel(nil)
		s.end(nil)
	}
	for _, c := range w.calls {
		c.ctxEnd(nil)
		close(c.release)
	}
	synctest.Wait()
}
