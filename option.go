// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/go-quiesce/quiesce/sigmux"
)

// Defaults of an app without a preset.
const (
	DefaultGracePeriod = 25 * time.Second
	DefaultForceGrace  = time.Second
)

// GraceVariable is the environment variable that overrides the grace period
// of every app in the process, as time.ParseDuration reads it. It exists
// because a pod cannot read its own terminationGracePeriodSeconds.
const GraceVariable = "QUIESCE_GRACE"

// An Option changes how an app behaves; see [New]. The set is sealed.
type Option interface{ applyApp(*appConfig) }

type optionFunc func(*appConfig)

func (f optionFunc) applyApp(c *appConfig) { f(c) }

// appConfig holds what the options said. A value that was not set is left for
// the preset, then for the default.
type appConfig struct {
	grace          setting[time.Duration]
	readinessDelay setting[time.Duration]
	forceGrace     setting[time.Duration]
	phaseLimits    [numPhases]setting[time.Duration]
	policy         setting[sigmux.Policy]
	termLog        setting[string]
	mostGrace      time.Duration // the platform's own limit; 0: none
	dieOfSignal    bool
	preset         string
	reportDir      string
	reportFile     string // of ReportVariable; empty: none
	logger         *slog.Logger
	sinks          []Sink
	source         sigmux.Source
	before         func(Event)
	problems       []problem
}

// A setting is a value and whether somebody set it.
type setting[T any] struct {
	value T
	isSet bool
}

func (s *setting[T]) set(v T) { s.value, s.isSet = v, true }

// fill sets the value unless somebody already did.
func (s *setting[T]) fill(v T) {
	if !s.isSet {
		s.set(v)
	}
}

// A problem is a mistake before it is known whose app it is in.
type problem struct{ subject, place, text string }

// bad records a mistake in the option called name.
func (c *appConfig) bad(name string, pc uintptr, format string, args ...any) {
	c.problems = append(c.problems, problem{"option " + name, placeOf(pc), fmt.Sprintf(format, args...)})
}

// WithGracePeriod sets the total time from the stop request to the forced end.
// It must be positive. On Kubernetes make it a few seconds less than
// terminationGracePeriodSeconds less the preStop hook. The environment variable
// [GraceVariable] overrides it.
func WithGracePeriod(d time.Duration) Option {
	pc := callerPC()
	return optionFunc(func(c *appConfig) {
		if d <= 0 {
			c.bad("WithGracePeriod", pc, "%v is not positive", d)
		}
		c.grace.set(d)
	})
}

// WithReadinessDelay sets how long the app goes on serving as before after it
// became not ready, so that load balancers look away. Zero means no delay;
// negative is a mistake. It is spent only if a component that Serves is running.
func WithReadinessDelay(d time.Duration) Option {
	pc := callerPC()
	return optionFunc(func(c *appConfig) {
		if d < 0 {
			c.bad("WithReadinessDelay", pc, "%v is negative", d)
		}
		c.readinessDelay.set(d)
	})
}

// WithForceGrace sets how long a hurried stop may still take, on top of the
// window that hooks in flight get to end. The default is [DefaultForceGrace];
// zero leaves critical hooks nothing but the window; negative is a mistake.
func WithForceGrace(d time.Duration) Option {
	pc := callerPC()
	return optionFunc(func(c *appConfig) {
		if d < 0 {
			c.bad("WithForceGrace", pc, "%v is negative", d)
		}
		c.forceGrace.set(d)
	})
}

// WithPhaseLimit bounds a whole phase. It must be positive. Reserves within
// the phase come on top, so a limit never takes a critical hook's reserve.
//
// Without it, start has no limit, announce has the readiness delay and a tenth
// of what reserves and delay leave of the grace period, drain has two thirds of
// that, and stop and flush have what is there.
func WithPhaseLimit(p Phase, d time.Duration) Option {
	pc := callerPC()
	return optionFunc(func(c *appConfig) {
		switch {
		case p >= numPhases:
			c.bad("WithPhaseLimit", pc, "unknown %v", p)
		case d <= 0:
			c.bad("WithPhaseLimit", pc, "limit %v of %v is not positive", d, p)
		default:
			c.phaseLimits[p].set(d)
		}
	})
}

// WithEscalation sets which signals ask for a stop, and which repeats hurry
// and then force it. The presets choose it; without one only SIGINT escalates.
func WithEscalation(p sigmux.Policy) Option {
	pc := callerPC()
	return optionFunc(func(c *appConfig) {
		if len(p.Signals) == 0 {
			c.bad("WithEscalation", pc, "policy %q names no signal", p.Name)
		}
		c.policy.set(p)
	})
}

// WithSignals makes [App.Run] listen to a source of signals, and give it back
// when it returns; without it Run listens to none. [App.Main] listens to it
// instead of to [sigmux.OS], and keeps it. That of the package sigmux/sender is
// the operating system too, and the cause of a stop then says who sent the
// signal: "terminated by SIGTERM from pid 4242 (kill) uid 0".
func WithSignals(src sigmux.Source) Option {
	return optionFunc(func(c *appConfig) { c.source = src })
}

// WithSink adds an event sink. It may be given several times.
func WithSink(s Sink) Option {
	pc := callerPC()
	return optionFunc(func(c *appConfig) {
		if s == nil {
			c.bad("WithSink", pc, "nil sink")
			return
		}
		c.sinks = append(c.sinks, s)
	})
}

// WithLogger sends the events and the final report to l.
func WithLogger(l *slog.Logger) Option {
	pc := callerPC()
	return optionFunc(func(c *appConfig) {
		if l == nil {
			c.bad("WithLogger", pc, "nil logger")
			return
		}
		c.logger = l
	})
}

// WithReportDir keeps the report of the last stop, as report.json, in a
// directory that is made if it is missing. The next start finds there whether
// the run before it ended cleanly: see [App.Previous].
func WithReportDir(dir string) Option {
	pc := callerPC()
	return optionFunc(func(c *appConfig) {
		if dir == "" {
			c.bad("WithReportDir", pc, "empty directory name")
		}
		c.reportDir = dir
	})
}

// WithTerminationLog writes the reason of the stop, in at most 4096 bytes, to
// a file that exists, as Kubernetes reads it. The Kubernetes preset sets
// /dev/termination-log. An empty path means none.
func WithTerminationLog(path string) Option {
	return optionFunc(func(c *appConfig) { c.termLog.set(path) })
}

// resolve fills what nobody set.
func (c *appConfig) resolve() {
	if text, ok := os.LookupEnv(GraceVariable); ok && text != "" {
		d, err := time.ParseDuration(text)
		switch {
		case err != nil:
			c.problems = append(c.problems, problem{"environment " + GraceVariable, "", err.Error()})
		case d <= 0:
			c.problems = append(c.problems, problem{"environment " + GraceVariable, "", text + " is not positive"})
		default:
			c.grace.set(d)
		}
	}
	c.grace.fill(DefaultGracePeriod)
	c.readinessDelay.fill(0)
	c.forceGrace.fill(DefaultForceGrace)
	c.policy.fill(sigmux.Orchestrated())
	if c.preset == "" {
		c.preset = "none"
	}
}

// callerPC returns the caller of the exported function that calls it. A place
// is kept as a program counter, and looked up only when it is printed.
func callerPC() uintptr {
	var pcs [1]uintptr
	runtime.Callers(3, pcs[:])
	return pcs[0]
}

// placeOf turns a program counter into file:line, with the file's last folder.
func placeOf(pc uintptr) string {
	if pc == 0 {
		return ""
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return fmt.Sprintf("%s:%d", shortFile(frame.File), frame.Line)
}

// shortFile keeps a path's last folder and file name.
func shortFile(path string) string {
	slashes := 0
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' || path[i] == '\\' {
			if slashes++; slashes == 2 {
				return path[i+1:]
			}
		}
	}
	return path
}
