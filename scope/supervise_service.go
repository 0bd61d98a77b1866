// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// A Service is something that a [Supervisor] keeps running.
type Service struct {
	// Name is the service's name in errors, labels and [ServiceStatus]. It is
	// required, and no other service of the supervisor has it.
	Name string

	// Run is the service: it runs until its context ends, and returns soon after
	// that. It is required. There is one call at a time; each may find what an
	// earlier one that failed has left behind.
	//
	// Run belongs to a scope of its own, see [From]. What it starts there lives as
	// long as this call, and is part of it: a task that fails ends the call, and the
	// call is over when all of them have ended.
	Run func(ctx context.Context) error

	// Restart says when it is restarted. Zero is [Permanent].
	Restart Restart

	// ReadyWithin says that Run will call [Ready], and how long that may take.
	// Services behind it in the list wait for it; too late is a failure. Zero means
	// that the service is ready as soon as it runs, a negative value that it may take
	// as long as it likes.
	ReadyWithin time.Duration

	// StopBudget bounds the time from the end of Run's context until nothing of the
	// service may be running any more; see [Supervisor] for what happens if it does.
	// Zero is [DefaultStopBudget]; a negative value is no bound, and [WorkContext]
	// does not end then. A service that is a supervisor needs as much as all of its
	// services together.
	StopBudget time.Duration
}

// DefaultStopBudget is [Service.StopBudget] if that is zero.
const DefaultStopBudget = 5 * time.Second

// A Restart says which endings of a service are followed by a restart of it.
type Restart int

const (
	Permanent Restart = iota // it is always restarted
	Transient                // after a failure, or if it is restarted along with another; see [Strategy]
	Temporary                // never; its failures are nobody's business, but reported by [WithObserver]
)

// A Strategy says which services are restarted when one has failed. Those that are
// up are stopped for it. A [Temporary] one is stopped but not restarted; a [Transient]
// one starts again even if it had ended well: what it has done may be gone.
type Strategy int

const (
	OneForOne  Strategy = iota // only the one that failed
	RestForOne                 // that, and those behind it in the list
	OneForAll                  // all
)

// group returns which of n services are restarted with number i: from first up to
// but not including end.
func (s Strategy) group(i, n int) (first, end int) {
	switch s {
	case RestForOne:
		return i, n
	case OneForAll:
		return 0, n
	default:
		return i, i + 1
	}
}

var (
	// ErrDoNotRestart is returned by a service that has ended for good, on its own or
	// wrapped. It is not restarted, whatever its [Restart] says, nor along with
	// others; it has not failed.
	ErrDoNotRestart = errors.New("service has ended for good")

	// ErrTerminateTree is returned by a service, on its own or wrapped, to end its
	// supervisor and those above that. The error of each matches it.
	ErrTerminateTree = errors.New("service has ended its supervisors")

	// ErrTooManyRestarts is matched by the error of a supervisor that has given up
	// because of [WithIntensity].
	ErrTooManyRestarts = errors.New("too many restarts")

	// ErrNotStopped is matched by the error of a supervisor that has given up because
	// a service was still running after its budget, so that nothing may take its
	// place. The error wraps the [*UnstoppedError].
	ErrNotStopped = errors.New("a service did not stop")

	// ErrNotReady is matched by the failure of a service that was not ready in time;
	// see [Service.ReadyWithin].
	ErrNotReady = errors.New("service was not ready in time")

	// ErrReturned is the failure of a [Permanent] service that has returned nil.
	ErrReturned = errors.New("permanent service has returned")
)

// Ready tells the supervisor that the service is ready, to whose Run ctx belongs or
// was given to. It does nothing if there is none, if the service has no
// [Service.ReadyWithin], or the second time.
func Ready(ctx context.Context) {
	if s, ok := ctx.Value(signalKey{}).(*signal); ok {
		s.give()
	}
}

type signalKey struct{}

// A signal is given once.
type signal struct {
	c     chan struct{} // closed when it is
	given atomic.Bool
}

func newSignal() *signal { return &signal{c: make(chan struct{})} }

func (s *signal) give() {
	if s.given.CompareAndSwap(false, true) {
		close(s.c)
	}
}

// checkServices returns what is wrong with them.
func checkServices(services []Service) error {
	var errs []error
	names := make(map[string]bool)
	for i, s := range services {
		switch {
		case s.Name == "":
			errs = append(errs, fmt.Errorf("service %d has no name", i))
		case names[s.Name]:
			errs = append(errs, fmt.Errorf("two services are called %q", s.Name))
		case s.Run == nil:
			errs = append(errs, fmt.Errorf("service %q has no Run", s.Name))
		case s.Restart < Permanent || s.Restart > Temporary:
			errs = append(errs, fmt.Errorf("service %q: there is no Restart %d", s.Name, s.Restart))
		}
		names[s.Name] = true
	}
	return errors.Join(errs...)
}
