// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

// stopWith runs an app with a sink, stops it after a second, and returns its
// report and how many events there were.
func stopWith(t *testing.T, opts ...quiesce.Option) (r *quiesce.Report, events int) {
	t.Helper()
	app := quiesce.New("shop", append([]quiesce.Option{quiesce.WithGracePeriod(10 * time.Second)}, opts...)...)
	app.Add("db", quiesce.Component{Start: quiesce.Nothing, Stop: quiesce.Nothing})
	runner := quiescetest.Start(t, app)
	time.Sleep(time.Second)
	runner.Shutdown(nil)
	report := runner.Wait()
	return report, len(runner.Recorder().Records())
}

// A sink that panics or exits is removed and named; another goes on.
func TestSinksThatBreak(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    func()
		want string
	}{
		{"panic", func() { panic("oh no") }, "panic: oh no"},
		{"goexit", runtime.Goexit, "runtime.Goexit was called"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				taken := 0
				r, events := stopWith(t, quiesce.WithSink(quiesce.SinkFunc(func(quiesce.Record) {
					if taken++; taken == 3 {
						tt.f()
					}
				})))
				want := quiesce.SinkReport{Sink: "quiesce.SinkFunc", Missed: events - 3, Panic: tt.want}
				if len(r.Sinks) != 1 || r.Sinks[0] != want || taken != 3 {
					t.Errorf("sinks %+v after %d events, want %+v", r.Sinks, taken, want)
				}
				if r.Took != 0 || !r.Clean {
					t.Errorf("the stop took %v and is clean: %v; a sink must not matter", r.Took, r.Clean)
				}
			})
		})
	}
}

// A sink that breaks on the very last event is named all the same.
func TestSinkThatBreaksOnTheLastEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := stopWith(t, quiesce.WithSink(quiesce.SinkFunc(func(r quiesce.Record) {
			if s, ok := r.Event.(quiesce.StateChanged); ok && s.To == quiesce.StateStopped {
				runtime.Goexit()
			}
		})))
		if len(r.Sinks) != 1 || r.Sinks[0].Panic == "" || r.Sinks[0].Missed != 0 {
			t.Errorf("sinks %+v, want one that exited and missed nothing", r.Sinks)
		}
	})
}

// A sink that hangs holds up nothing while the app stops; at the end it gets
// the rest of the time, and what it missed is reported.
func TestSinkThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		t.Cleanup(func() { close(release) })
		flushed := time.Duration(-1)
		start := time.Now()
		r, events := stopWith(t,
			quiesce.WithSink(quiesce.SinkFunc(func(quiesce.Record) { <-release })),
			quiesce.WithSink(quiesce.SinkFunc(func(r quiesce.Record) {
				if p, ok := r.Event.(quiesce.PhaseEnded); ok && p.Phase == quiesce.PhaseFlush {
					flushed = r.At.Sub(start)
				}
			})))
		want := quiesce.SinkReport{Sink: "quiesce.SinkFunc", Missed: events - 1}
		if len(r.Sinks) != 1 || r.Sinks[0] != want {
			t.Errorf("sinks %+v, want %+v", r.Sinks, want)
		}
		if flushed != time.Second || r.Took.Round(time.Millisecond) != 9975*time.Millisecond {
			t.Errorf("flush ended at %v, want 1s; the app ended after %v, want the grace period less half its margin", flushed, r.Took)
		}
		if !r.Clean || r.Code != 0 || r.Watchdog {
			t.Errorf("report: clean %v, code %d, watchdog %v; a sink must not matter", r.Clean, r.Code, r.Watchdog)
		}
	})
}

// A slow sink gets every event, in order, in the rest of the time.
func TestSinkThatIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		last := uint64(0)
		r, events := stopWith(t, quiesce.WithSink(quiesce.SinkFunc(func(r quiesce.Record) {
			time.Sleep(300 * time.Millisecond)
			if r.Seq != last+1 {
				t.Errorf("event %d after %d", r.Seq, last)
			}
			last = r.Seq
		})))
		if len(r.Sinks) != 0 || int(last) != events {
			t.Errorf("sinks %+v; it got %d of %d events", r.Sinks, last, events)
		}
	})
}

// Signals without end do not make a log without end.
func TestEventsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop", quiesce.WithEscalation(sigmux.Orchestrated()))
		app.Add("db", quiesce.Component{Stop: quiesce.NoCtx(func() error { time.Sleep(time.Second); return nil })})
		r := quiescetest.Start(t, app)
		for range 10_000 {
			r.Shutdown(errors.New("again"))
		}
		report := r.Wait()
		if n := len(r.Recorder().Records()); n > 300 || len(report.Causes) != 100 {
			t.Errorf("%d events and %d causes of 10,000 requests", n, len(report.Causes))
		}
	})
}

func TestConsoleSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		stopWith(t, quiesce.WithSink(quiesce.ConsoleSink(&b)))
		for _, want := range []string{
			"quiesce: +0.000s new -> starting\n",
			"quiesce: +1.000s stop requested: shutdown requested\n",
			"quiesce: +1.000s stopping -> stopped\n",
		} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%q is missing in:\n%s", want, b.String())
			}
		}
		if strings.Contains(b.String(), `stop "db"`) {
			t.Errorf("a hook that ended well is told of:\n%s", b.String())
		}
	})
}

// Each kind of event has a level, and the report comes last, as one line.
func TestSlogSinkAndReportLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second),
			quiesce.WithLogger(slog.New(slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		app.Add("db", quiesce.Component{
			Start: quiesce.Nothing,
			Drain: func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Millisecond); return ctx.Err() },
			Stop:  quiesce.NoCtx(func() error { return errors.New("it broke") }),
		}, quiesce.Limit(quiesce.PhaseDrain, time.Second))
		r := quiescetest.Start(t, app, quiescetest.AllowUnclean())
		r.Shutdown(nil)
		r.Wait()
		levels := make(map[string]string)
		var last map[string]any
		for line := range strings.Lines(b.String()) {
			last = make(map[string]any)
			if err := json.Unmarshal([]byte(line), &last); err != nil {
				t.Fatal(err)
			}
			levels[last["msg"].(string)] = last["level"].(string)
		}
		for msg, want := range map[string]string{
			`start "db" begins`:                                       "DEBUG",
			`start "db" ok after 0s`:                                  "DEBUG",
			"running -> draining":                                     "INFO",
			"stop requested: shutdown requested":                      "INFO",
			`drain "db" cut: quiesce: drain "db": not done within 1s`: "WARN",
			`stop "db" failed after 0s: it broke`:                     "ERROR",
		} {
			if levels[msg] != want {
				t.Errorf("%q has level %q, want %s", msg, levels[msg], want)
			}
		}
		if last["msg"] != "shop stopped in 901ms of 10s, not clean, code 3" || last["level"] != "ERROR" || last["code"] != 3.0 {
			t.Errorf("the last line is %v", last)
		}
	})
}
