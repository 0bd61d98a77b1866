// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/internal/seam"
	"github.com/go-quiesce/quiesce/sigmux"
)

// A schedule is one run of a program, and what was seen of it.
type schedule struct {
	*shadow
	p       *program
	app     *quiesce.App
	fake    *sigmux.Fake
	cancel  context.CancelCauseFunc
	handles []*quiesce.Handle // by part
	freed   []chan struct{}   // by part: closed by its Force
	release chan struct{}     // closed at the end: nothing may outlive the schedule
	stalled atomic.Bool       // the coordinator hangs
	rec     recorder

	plan      error
	runErr    error
	returned  time.Duration // when Run did; -1: it did not
	atReturn  int           // the shadow log's length shortly afterwards
	report    *quiesce.Report
	final     *quiesce.Report // asked for again at the very end
	lastState quiesce.State
}

// play runs a program to its end, in a bubble of its own.
func play(t *testing.T, p *program) (s *schedule, stuck any) {
	s = &schedule{shadow: &shadow{}, p: p, returned: -1}
	defer func() { stuck = recover() }() // a deadlock of the bubble, most likely
	synctest.Test(t, func(*testing.T) {
		s.began = time.Now()
		s.build()
		s.run()
	})
	return s, nil
}

func (s *schedule) build() {
	p := s.p
	s.release = make(chan struct{})
	s.fake = sigmux.NewFake()
	opts := []quiesce.Option{
		quiesce.WithGracePeriod(p.grace), quiesce.WithReadinessDelay(p.delay), quiesce.WithForceGrace(p.forceGrace),
		quiesce.WithTerminationLog(""), quiesce.WithSink(&s.rec),
	}
	if p.signals {
		opts = append(opts, quiesce.WithSignals(s.fake))
	}
	if p.stall != quiesce.PhaseStart {
		opts = append(opts, quiesce.WithBefore(seam.Before{Call: s.stallBefore}))
	}
	if p.preset > 0 {
		opts = append(opts, []quiesce.Option{quiesce.Kubernetes(), quiesce.Systemd(), quiesce.Interactive()}[p.preset-1])
	}
	for ph, d := range p.limits {
		if d > 0 {
			opts = append(opts, quiesce.WithPhaseLimit(quiesce.Phase(ph), d))
		}
	}
	for _, spec := range p.sinks {
		opts = append(opts, quiesce.WithSink(s.sink(spec)))
	}
	s.app = quiesce.New("model", opts...)
	s.handles = make([]*quiesce.Handle, len(p.parts))
	for _, c := range p.parts {
		s.freed = append(s.freed, make(chan struct{}))
		switch {
		case !c.free:
			s.handles[c.id] = s.app.Add(c.name, s.component(c), s.addOptions(c)...)
		case !c.late:
			s.register(outside, 0, c)
		}
	}
}

// stallBefore holds the coordinator up before a pass begins.
func (s *schedule) stallBefore(e any) {
	if begun, ok := e.(quiesce.PhaseBegun); ok && begun.Phase == s.p.stall {
		s.stalled.Store(true)
		<-s.release
	}
}

func (s *schedule) component(c *part) quiesce.Component {
	return quiesce.Component{
		Start: s.hook(c, quiesce.HookStart), Run: s.hook(c, quiesce.HookRun), Announce: s.hook(c, quiesce.HookAnnounce),
		Drain: s.hook(c, quiesce.HookDrain), Stop: s.hook(c, quiesce.HookStop), Force: s.force(c), Serves: c.serves,
	}
}

func (s *schedule) addOptions(c *part) (opts []quiesce.AddOption) {
	for _, id := range c.needs {
		opts = append(opts, quiesce.Needs(s.handles[id]))
	}
	if c.outer {
		opts = append(opts, quiesce.Outer())
	}
	if c.job {
		opts = append(opts, quiesce.Job())
	}
	if c.mayEnd {
		opts = append(opts, quiesce.MayEnd())
	}
	for _, o := range timeOptions(c) {
		opts = append(opts, o)
	}
	return opts
}

func timeOptions(c *part) (opts []quiesce.TimeOption) {
	if c.critical {
		opts = append(opts, quiesce.Critical(c.reserve))
	}
	for ph, d := range c.limits {
		if d > 0 {
			opts = append(opts, quiesce.Limit(quiesce.Phase(ph), d))
		}
	}
	return opts
}

// register registers a free hook, and logs what came of it as a call of part by.
func (s *schedule) register(by int, hook quiesce.HookKind, c *part) {
	var opts []quiesce.HookOption
	for _, o := range timeOptions(c) {
		opts = append(opts, o)
	}
	if c.bestEffort {
		opts = append(opts, quiesce.BestEffort())
	}
	if f := s.force(c); f != nil {
		opts = append(opts, quiesce.Fallback(f))
	}
	e := entry{part: by, hook: hook, what: markCalled, do: callRegister, cause: c.id}
	e.err = s.app.Hook(c.phase, c.name, s.hook(c, quiesce.HookFree), opts...)
	e.state = s.app.State()
	s.add(e)
}

// run lets the app live, and everything that happens to it happen.
func (s *schedule) run() {
	ctx, cancel := context.WithCancelCause(context.Background())
	s.cancel = cancel
	if s.p.planned {
		_, s.plan = s.app.Plan()
	}
	over := make(chan struct{})
	var outsiders sync.WaitGroup
	for _, a := range s.p.acts {
		outsiders.Go(func() {
			s.pause(a.at)
			s.call(context.Background(), outside, 0, a.call)
		})
	}
	go func() {
		defer close(over)
		s.runErr = s.app.Run(ctx)
		s.returned = s.now()
	}()
	select {
	case <-over:
	case <-time.After(s.p.patience()):
		s.fail("the app has not stopped")
	}
	s.report = s.app.Report()
	time.Sleep(time.Nanosecond) // whatever ends at the same instant has ended then
	s.atReturn = s.length()
	close(s.release)
	cancel(nil)
	outsiders.Wait()
	time.Sleep(time.Second) // a report may be waiting for the lock, for milliseconds
	synctest.Wait()
	s.final = s.app.Report()
	s.lastState = s.app.State()
}

// patience is longer than any schedule lasts: all acts, a whole grace period.
func (p *program) patience() time.Duration {
	d := 2 * p.grace
	for _, a := range p.acts {
		d = max(d, a.at+2*p.grace)
	}
	return d
}

// pause sleeps, but not beyond the schedule.
func (s *schedule) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.release:
	}
}

// call makes one call into the app, from a hook if by says so.
func (s *schedule) call(ctx context.Context, by int, hook quiesce.HookKind, c call) {
	e := entry{part: by, hook: hook, what: markCalling, do: c.do}
	switch c.do {
	case callRegister:
		s.register(by, hook, s.p.parts[c.arg])
		return
	case callShutdown, callHurry, callParent:
		e.cause = s.nextCause()
		e.err = modelCause(e.cause)
	case callShutdownCoded:
		e.cause = s.nextCause()
		e.err = codedModelCause{modelCause(e.cause)}
	}
	e.state = s.app.State()
	s.add(e)
	e.names, e.err = s.do(ctx, c.do, e.err)
	e.what, e.state, e.ready = markCalled, s.app.State(), s.app.Ready()
	s.add(e)
}

// do makes the call and returns what came of it.
func (s *schedule) do(ctx context.Context, do callKind, cause error) ([]string, error) {
	switch do {
	case callShutdown, callShutdownCoded:
		s.app.Shutdown(cause)
	case callHurry:
		s.app.Hurry(cause)
	case callParent:
		s.cancel(cause)
	case callWait:
		return nil, s.app.Wait(ctx)
	case callTERM, callINT, callHUP:
		if !s.fake.Send(signalOf(do)) {
			return nil, errNobody
		}
	case callReport:
		if r := s.app.Report(); r != nil {
			_ = r.Text()
		}
	case callAdd:
		if s.app.State() == quiesce.StateNew {
			return nil, nil // not too late yet
		}
		s.app.Add("too late", quiesce.Component{Stop: quiesce.Nothing})
	case callStillRunning:
		return quiesce.StillRunning(ctx), quiesce.StopCause(ctx)
	}
	return nil, cause
}

// errNobody says that nobody listened to a signal.
var errNobody = errors.New("nobody listens")

func signalOf(do callKind) os.Signal {
	return []os.Signal{syscall.SIGTERM, os.Interrupt, syscall.SIGHUP}[do-callTERM]
}

// sink makes a sink that misbehaves.
func (s *schedule) sink(spec sinkSpec) quiesce.Sink {
	seen := 0
	return quiesce.SinkFunc(func(quiesce.Record) {
		seen++
		if spec.kind == sinkSlow {
			s.pause(spec.slow)
		}
		if seen-1 == spec.nth {
			s.misbehave(spec.kind)
		}
	})
}

// hasSink reports whether the program has a sink of this kind.
func (p *program) hasSink(k sinkKind) bool {
	return slices.ContainsFunc(p.sinks, func(s sinkSpec) bool { return s.kind == k })
}
