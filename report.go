// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"errors"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/drain"
	"github.com/go-quiesce/quiesce/sigmux"
)

// ReportSchema is the version of the report's JSON. It grows by one when a
// field changes its meaning or goes away; new fields may come at any time.
const ReportSchema = 1

// ReportVariable is the environment variable that names a file to which [App.Main]
// also writes the report of its stop, as JSON: whole, or not at all. It is for those
// who run the program, "quiesce drill" for one; a program that wants its own reports
// later uses [WithReportDir].
const ReportVariable = "QUIESCE_REPORT"

// A Report says what a stop did. It is produced by every stop, forced ones
// included, though not after os.Exit in user code, a fatal throw of the runtime
// or SIGKILL. A report is immutable once it was handed out.
//
// Times are offsets from Began, so that a timeline can be drawn without a clock;
// durations are nanoseconds in JSON.
type Report struct {
	Schema    int           `json:"schema"`               // ReportSchema
	App       string        `json:"app"`                  // the name given to New
	PID       int           `json:"pid"`                  // of this process
	Preset    string        `json:"preset"`               // "kubernetes", "systemd", "interactive" or "none"
	State     State         `json:"state"`                // stopped, or where the stop is
	Started   time.Time     `json:"started"`              // when Run was called
	Began     time.Time     `json:"began"`                // when the stop was asked for
	Took      time.Duration `json:"took"`                 // from Began to the end, or to now
	Grace     time.Duration `json:"grace"`                // the grace period
	Hurried   time.Duration `json:"hurried"`              // when the stop was hurried; -1 never
	HurriedBy string        `json:"hurried_by,omitempty"` // why
	Forced    time.Duration `json:"forced"`               // when the end was forced; -1 never
	ForcedBy  string        `json:"forced_by,omitempty"`  // the signal
	Watchdog  bool          `json:"watchdog"`             // the watchdog ended the stop
	Unended   bool          `json:"job_interrupted"`      // the stop came before every job had ended well
	Clean     bool          `json:"clean"`                // nothing failed, was cut or was left behind
	Code      int           `json:"code"`                 // the exit code
	Causes    []Cause       `json:"causes"`               // why we stopped, first cause first
	Phases    []PhaseReport `json:"phases"`               // in the order they ran
	Hooks     []HookReport  `json:"hooks"`                // that ran or were skipped, in order of their begin
	Unmade    []string      `json:"never_started"`        // components whose Start had not begun, or was cancelled
	Still     []string      `json:"still_running"`        // hooks whose goroutines outlive the stop: `drain "http"`
	Late      []string      `json:"late_returns"`         // hooks that returned after they had been abandoned
	InFlight  []InFlight    `json:"in_flight,omitempty"`  // what servers had open as they drained
	Sinks     []SinkReport  `json:"sinks,omitempty"`      // sinks that missed events or panicked
	Notes     []string      `json:"notes,omitempty"`      // trouble with the report itself, repeated signals
}

// A Cause is one reason for a stop.
type Cause struct {
	Kind      CauseKind     `json:"kind"`                // what asked for the stop
	Component string        `json:"component,omitempty"` // whose failure it was
	Text      string        `json:"text"`                // the text of Err
	At        time.Duration `json:"at"`                  // since the report's Began
	Signal    string        `json:"signal,omitempty"`    // "SIGTERM"
	Sender    *Sender       `json:"sender,omitempty"`    // who sent the signal, where known
	Stack     string        `json:"stack,omitempty"`     // of a panic
	Err       error         `json:"-"`                   // the cause itself; not in JSON
}

// Sender tells who sent a signal.
type Sender = sigmux.Sender

// A CauseKind tells what asked for a stop.
type CauseKind string

// The kinds of cause.
const (
	CauseSignal      CauseKind = "signal"       // a terminating signal
	CauseRequest     CauseKind = "request"      // Shutdown was called
	CauseParent      CauseKind = "parent"       // the context given to Run ended
	CauseStartFailed CauseKind = "start-failed" // a Start failed
	CauseFailure     CauseKind = "failure"      // a Run failed or ended unasked
	CauseJobsDone    CauseKind = "jobs-done"    // every job ended well
)

// A PhaseReport says what one phase did.
type PhaseReport struct {
	Phase Phase         `json:"phase"`           // which phase
	Outer bool          `json:"outer,omitempty"` // the pass over the outer components
	Began time.Duration `json:"began"`           // since the report's Began; negative before it
	Took  time.Duration `json:"took"`            // from its begin to its end
	Limit time.Duration `json:"limit"`           // what the phase could take at most
	Delay time.Duration `json:"delay,omitempty"` // the readiness delay it spent
}

// A HookReport says what one hook did.
type HookReport struct {
	Component  string        `json:"component"`             // or the free hook's name
	Hook       HookKind      `json:"hook"`                  // which of its hooks
	Phase      Phase         `json:"phase"`                 // in which it ran or should have
	Outer      bool          `json:"outer,omitempty"`       // in the pass over the outer components
	Place      string        `json:"place"`                 // file:line of the Add or Hook call
	Outcome    Outcome       `json:"outcome"`               // how it ended
	Began      time.Duration `json:"began"`                 // since the report's Began; negative before it
	Took       time.Duration `json:"took"`                  // from its begin to its end
	Allowed    time.Duration `json:"allowed"`               // from its begin to its deadline; 0: no deadline
	Critical   bool          `json:"critical,omitempty"`    // it has a reserve of its own
	BestEffort bool          `json:"best_effort,omitempty"` // nobody waits for it
	Echo       bool          `json:"echo,omitempty"`        // no failure: a Start's error after it was cancelled, a hook that never had its turn
	Forced     bool          `json:"forced,omitempty"`      // its Force or Fallback was called
	Error      string        `json:"error,omitempty"`       // the text of Err
	Reason     string        `json:"reason,omitempty"`      // why it was skipped or cut
	Stack      string        `json:"stack,omitempty"`       // of a panic, or of the goroutine that hangs
	Err        error         `json:"-"`                     // what it returned, or the cause it was cut with; not in JSON
}

// An InFlight is what a component had open when a stage of its drain began.
type InFlight struct {
	Component string        `json:"component"` // whose
	Stage     string        `json:"stage"`     // as [drain.Stage] prints it: "notice", "advise", "drain"
	At        time.Duration `json:"at"`        // since the report's Began
	Open      drain.Counts  `json:"open"`      // connections, requests, messages or calls
}

// A SinkReport says what went wrong with one event sink.
type SinkReport struct {
	Sink   string `json:"sink"`            // its type
	Missed int    `json:"missed"`          // events it had not taken when the app was stopped
	Panic  string `json:"panic,omitempty"` // why it was removed
}

// unclean reports whether the hook's outcome spoils a clean stop.
func (h *HookReport) unclean() bool {
	return h.Outcome != OK && h.Outcome != Pending && !h.Echo && !h.BestEffort
}

// Err returns nil for a clean stop that nothing forced. Otherwise it joins the
// causes that were failures and a [*HookError] for each hook that went wrong;
// a stop that its grace period cut short also matches [ErrIncomplete] and
// context.DeadlineExceeded. If nothing else went wrong, it is [ErrInterrupted]
// for a stop that interrupted a job, and [ErrForced] for a forced end.
func (r *Report) Err() error {
	var errs []error
	for i := range r.Causes {
		if c := &r.Causes[i]; c.isFailure() {
			errs = append(errs, c.Err)
		}
	}
	for i := range r.Hooks {
		h := &r.Hooks[i]
		if h.unclean() && !r.isCause(h) {
			errs = append(errs, &HookError{h.Component, h.Hook, h.Outcome, h.Place, h.Err, h.Error})
		}
	}
	if r.Unended && len(errs) == 0 {
		errs = append(errs, ErrInterrupted)
	}
	if r.Forced >= 0 && len(errs) == 0 {
		errs = append(errs, ErrForced)
	}
	if r.Code == CodeIncomplete {
		errs = append(errs, errIncomplete{r.Grace})
	}
	return errors.Join(errs...)
}

// isCause reports whether the hook's failure stands among the causes already.
func (r *Report) isCause(h *HookReport) bool {
	return slices.ContainsFunc(r.Causes, func(c Cause) bool {
		e, ok := c.Err.(*HookError)
		return ok && e.Component == h.Component && e.Hook == h.Hook
	})
}

func (c *Cause) isFailure() bool { return c.Kind == CauseFailure || c.Kind == CauseStartFailed }
