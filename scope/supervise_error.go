// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"errors"
	"fmt"
	"time"
)

// A SupervisorError says why a supervisor has given up, or which of its services did
// not stop well when it was to end.
type SupervisorError struct {
	Supervisor string    // the path of its scope
	Reason     error     // ErrTooManyRestarts, ErrNotStopped or ErrTerminateTree; nil if a service has failed only while it was stopped
	Service    string    // the service whose end was the last straw; the first that did not stop well
	Err        error     // what that ended with, joined with what others did while they were stopped
	Failures   []Failure // that have called for restarts, as long as they count, oldest first
}

// A Failure is a service that has failed, and called for a restart.
type Failure struct {
	Service string    // its name
	At      time.Time // when it had ended
	Err     error     // what it returned; a [*PanicError], or one that matches ErrExited, ErrReturned or ErrNotReady
}

// Error names the supervisor and the service, with the reason and the last cause.
func (e *SupervisorError) Error() string {
	if e.Reason == nil {
		return fmt.Sprintf("scope: stop supervisor %q: service %q: %v", e.Supervisor, e.Service, e.Err)
	}
	return fmt.Sprintf("scope: supervisor %q: %v: service %q: %v", e.Supervisor, e.Reason, e.Service, e.Err)
}

// Unwrap returns the reason, if there is one, and what services ended with.
func (e *SupervisorError) Unwrap() []error {
	if e.Reason == nil {
		return []error{e.Err}
	}
	return []error{e.Reason, e.Err}
}

// maxFailures is how many failures are kept if there is no bound for restarts.
const maxFailures = 16

// tooMany notes a failure, and reports whether it calls for more restarts than there
// may be.
func (c *supervisorConfig) tooMany(failures *[]Failure, f Failure) bool {
	*failures = append(*failures, f)
	if c.restarts < 0 {
		*failures = (*failures)[max(0, len(*failures)-maxFailures):]
		return false
	}
	old := 0
	for c.restarts > 0 && f.At.Sub((*failures)[old].At) >= c.within {
		old++
	}
	*failures = (*failures)[old:]
	return len(*failures) > c.restarts
}

// abandonedIn returns the report if err is that of a scope that was closed and given
// up; a deeper one that err wraps is not meant.
func abandonedIn(s *Scope, err error) *UnstoppedError {
	if u, ok := errors.AsType[*UnstoppedError](err); ok && u.Scope == s.path {
		return u
	}
	return nil
}
