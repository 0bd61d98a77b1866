// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime/pprof"
	"time"
)

// A Sink takes an app's events. Handle is called for each of them in order,
// on one goroutine that the sink has to itself, so it may take its time: it
// never holds up the app. When the stop is over the sinks get what is left of
// its time; events that a sink has not taken by then are counted in the report.
// A sink whose Handle panics or calls runtime.Goexit is removed and named there.
type Sink interface {
	Handle(Record)
}

// SinkFunc is a function as a [Sink].
type SinkFunc func(Record)

// Handle calls f.
func (f SinkFunc) Handle(r Record) { f(r) }

// ConsoleSink writes what people want to know while it happens, one line an
// event: states, causes, waiting, and whatever goes wrong, with the time since
// the first event. Phases, and hooks that begin and end well, are left to the
// report, or to [SlogSink] at level debug.
func ConsoleSink(w io.Writer) Sink {
	var first time.Time
	return SinkFunc(func(r Record) {
		if first.IsZero() {
			first = r.At
		}
		if levelOf(r.Event) < slog.LevelInfo {
			return
		}
		fmt.Fprintf(w, "quiesce: %+.3fs %s\n", r.At.Sub(first).Seconds(), r.Event)
	})
}

// SlogSink sends the events to l: what went wrong as errors and warnings, states
// and causes at level info, phases and hooks that begin and end well at level debug.
func SlogSink(l *slog.Logger) Sink {
	return SinkFunc(func(r Record) {
		l.LogAttrs(context.Background(), levelOf(r.Event), r.Event.String(),
			slog.Uint64("seq", r.Seq), slog.String("event", fmt.Sprintf("%T", r.Event)[len("quiesce."):]))
	})
}

// levelOf says how much an event matters.
func levelOf(e Event) slog.Level {
	switch e := e.(type) {
	case HookBegun, PhaseBegun, PhaseEnded, DelayEnded:
		return slog.LevelDebug
	case HookEnded:
		switch e.Outcome {
		case OK:
			return slog.LevelDebug
		case Skipped:
			return slog.LevelWarn
		}
		return slog.LevelError
	case HookCut, LateReturn, Waiting, Hurry, TrapInherited:
		return slog.LevelWarn
	case WatchdogFired, ForcedEnd:
		return slog.LevelError
	case StopRequested:
		if e.Cause.isFailure() {
			return slog.LevelError
		}
	}
	return slog.LevelInfo
}

// maxRecorded bounds the events that outsiders can cause without end, repeated
// signals and stop requests: everything else is bounded by the graph.
const maxRecorded = 200

// An eventLog is the app's events in order. It is guarded by App.mu, and kept
// whole: it is bounded by the graph.
type eventLog struct {
	records  []Record
	closed   bool
	recorded int
	sinks    []*sinkRunner
}

// A sinkRunner is the goroutine of one sink.
type sinkRunner struct {
	sink  Sink
	next  int           // guarded by App.mu: how many events it has taken
	panic string        // guarded by App.mu: why it was removed
	wake  chan struct{} // there is something new
	done  chan struct{} // it has taken everything, or was removed
}

// newEventLog returns nil if nobody listens.
func newEventLog(sinks []Sink) *eventLog {
	if len(sinks) == 0 {
		return nil
	}
	l := &eventLog{}
	for _, s := range sinks {
		l.sinks = append(l.sinks, &sinkRunner{sink: s, wake: make(chan struct{}, 1), done: make(chan struct{})})
	}
	return l
}

// emitLocked appends an event and wakes the sinks.
func (a *App) emitLocked(e Event) {
	l := a.events
	if l == nil || l.closed || l.overflows(e) {
		return
	}
	l.records = append(l.records, Record{Seq: uint64(len(l.records) + 1), At: time.Now(), Event: e})
	for _, s := range l.sinks {
		s.poke()
	}
}

// overflows reports whether e is one too many of those that have no bound.
func (l *eventLog) overflows(e Event) bool {
	switch e := e.(type) {
	case SignalRecorded:
		l.recorded++
	case StopRequested:
		if !e.First {
			l.recorded++
		}
	default:
		return false
	}
	return l.recorded > maxRecorded
}

func (s *sinkRunner) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run hands events to the sink until there will be no more.
func (s *sinkRunner) run(a *App) {
	pprof.SetGoroutineLabels(a.ownLabels("sink"))
	defer close(s.done)
	ended := false
	defer func() {
		if v := recover(); v != nil {
			s.remove(a, fmt.Sprintf("panic: %v", v))
		} else if !ended {
			s.remove(a, ErrExited.Error())
		}
	}()
	for {
		r, ok, over := s.take(a)
		switch {
		case ok:
			s.sink.Handle(r)
		case over:
			ended = true
			return
		default:
			<-s.wake
		}
	}
}

// take returns the next event, if there is one, and whether there never will be.
func (s *sinkRunner) take(a *App) (r Record, ok, over bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.next < len(a.events.records) {
		r = a.events.records[s.next]
		s.next++
		return r, true, false
	}
	return r, false, a.events.closed
}

func (s *sinkRunner) remove(a *App, why string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s.panic = why
}

// endEvents writes the last event, the end itself, and gives the sinks what is
// left of the stop's time to catch up.
func (a *App) endEvents() {
	if a.events == nil {
		return
	}
	a.mu.Lock()
	switch {
	case !a.isOver():
		a.emitLocked(StateChanged{From: a.State(), To: StateStopped})
	case a.State() != StateStopped: // cut short: the events of that are still to come
		a.mu.Unlock()
		return
	}
	a.closeEventsLocked()
	a.mu.Unlock()
	for _, s := range a.events.sinks {
		if !a.awaitSink(s) {
			return
		}
	}
}

// awaitSink waits until a sink has taken everything, or the stop's time is over;
// a hurry moves that forward. It reports whether there is time left.
func (a *App) awaitSink(s *sinkRunner) bool {
	for {
		timer := time.NewTimer(a.sinkPatience())
		select {
		case <-s.done:
			timer.Stop()
			return true
		case <-timer.C:
			return false
		case <-a.sched.wake:
			timer.Stop()
		}
	}
}

// sinkPatience returns what is left of the stop's time, and half of what is kept
// for the report.
func (a *App) sinkPatience() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timing.end == 0 { // nothing was started
		return lastWords
	}
	end := (a.timing.end + a.ending.watchdogAt.Load()) / 2
	return time.Duration(max(0, end-a.now()))
}

// closeEventsLocked says that there will be no more events.
func (a *App) closeEventsLocked() {
	if a.events == nil {
		return
	}
	a.events.closed = true
	for _, s := range a.events.sinks {
		s.poke()
	}
}

// sinkReportsLocked says which sinks missed something, and, once they have had
// their time, which have not come back.
func (a *App) sinkReportsLocked(over bool) []SinkReport {
	var reports []SinkReport
	if a.events == nil {
		return nil
	}
	for _, s := range a.events.sinks {
		select {
		case <-s.done:
			if s.panic == "" {
				continue
			}
		default:
			if s.next == len(a.events.records) && !over {
				continue
			}
		}
		reports = append(reports, SinkReport{
			Sink: fmt.Sprintf("%T", s.sink), Missed: len(a.events.records) - s.next, Panic: s.panic,
		})
	}
	return reports
}
