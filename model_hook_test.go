// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"runtime"

	"github.com/go-quiesce/quiesce"
)

// What the hooks, Forces and sinks of a schedule do.

// hook makes the function behind one hook of a part, nil if it has none.
func (s *schedule) hook(c *part, k quiesce.HookKind) func(context.Context) error {
	b := c.hooks[k]
	if b == nil {
		return nil
	}
	return func(ctx context.Context) (err error) {
		e := entry{part: c.id, hook: k, what: markBegan, dead: b.look && ctx.Err() != nil}
		s.see(e)
		ret := entry{part: c.id, hook: k, what: markReturned, how: endGoexit}
		defer func() { ret.err = err; s.see(ret) }()
		if b.watch {
			s.watch(ctx, c, k)
		}
		for range b.yields {
			runtime.Gosched()
		}
		s.pause(b.busy)
		for _, todo := range b.calls {
			s.call(ctx, c.id, k, todo)
		}
		s.wait(ctx, c, b.wait)
		s.pause(b.lag)
		ret.how = b.end
		return s.end(ctx, c, k, b.end)
	}
}

// see logs an entry with the state as it is now.
func (s *schedule) see(e entry) {
	e.state, e.ready = s.app.State(), s.app.Ready()
	s.add(e)
}

// watch has the end of a hook's contexts logged.
func (s *schedule) watch(ctx context.Context, c *part, k quiesce.HookKind) {
	context.AfterFunc(ctx, func() { s.see(entry{part: c.id, hook: k, what: markEnded}) })
	if work := quiesce.WorkContext(ctx); work != ctx {
		context.AfterFunc(work, func() { s.see(entry{part: c.id, hook: k, what: markWorkEnded}) })
	}
}

func (s *schedule) wait(ctx context.Context, c *part, kind waitKind) {
	var until <-chan struct{}
	switch kind {
	case waitNone:
		return
	case waitObey:
		until = ctx.Done()
	case waitWork:
		until = quiesce.WorkContext(ctx).Done()
	case waitHang:
		until = s.freed[c.id]
	}
	select {
	case <-until:
	case <-s.release:
	}
}

func (s *schedule) end(ctx context.Context, c *part, k quiesce.HookKind, how endKind) error {
	switch how {
	case endContext:
		return ctx.Err()
	case endCause:
		return context.Cause(ctx)
	case endError:
		return hookErr{c.id, k}
	case endCoded:
		return codedErr{hookErr{c.id, k}}
	case endPanic:
		panic(hookErr{c.id, k})
	case endGoexit:
		runtime.Goexit()
	}
	return nil
}

// force makes a part's Force or Fallback, nil if it has none.
func (s *schedule) force(c *part) func() {
	if c.force == forceNone {
		return nil
	}
	return func() {
		s.see(entry{part: c.id, what: markForced})
		switch c.force {
		case forceReleases:
			close(s.freed[c.id])
		case forceReleasesLate:
			s.pause(s.p.grace / 80)
			close(s.freed[c.id])
		case forcePanics:
			panic("force")
		case forceExits:
			runtime.Goexit()
		case forceHangs:
			<-s.release
		case forceShutsDown:
			s.call(context.Background(), outside, 0, call{do: callShutdown})
		}
	}
}

// misbehave is what a sink does at its chosen event.
func (s *schedule) misbehave(kind sinkKind) {
	switch kind {
	case sinkPanics:
		panic("sink")
	case sinkExits:
		runtime.Goexit()
	case sinkHangs:
		<-s.release
	case sinkCalls:
		s.app.Report()
		s.call(context.Background(), outside, 0, call{do: callShutdown})
	}
}
