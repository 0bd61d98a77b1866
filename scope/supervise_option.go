// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// A SupervisorOption changes what [NewSupervisor] makes.
type SupervisorOption interface{ applySupervisor(*supervisorConfig) }

type supervisorConfig struct {
	strategy Strategy

	restarts int // below 0: no bound
	within   time.Duration

	base, limit, healthy time.Duration
	jitter               func(time.Duration) time.Duration

	observe func(ServiceStatus, error) // may be nil
	life    []Option                   // for the scope of each life of a service
}

// What a supervisor does without options: see [WithIntensity] and [WithBackoff].
const (
	DefaultRestarts       = 5
	DefaultRestartsWithin = time.Minute

	DefaultBackoff      = 100 * time.Millisecond
	DefaultBackoffLimit = 30 * time.Second
	DefaultHealthy      = 30 * time.Second
)

func supervisorDefaults() supervisorConfig {
	return supervisorConfig{
		restarts: DefaultRestarts, within: DefaultRestartsWithin,
		base: DefaultBackoff, limit: DefaultBackoffLimit, healthy: DefaultHealthy,
		jitter: func(d time.Duration) time.Duration { return rand.N(max(1, d)) },
	}
}

// check returns what is wrong with the options.
func (c *supervisorConfig) check() error {
	var errs []error
	if c.strategy < OneForOne || c.strategy > OneForAll {
		errs = append(errs, fmt.Errorf("WithStrategy: there is no strategy %d", c.strategy))
	}
	if c.restarts > 0 && c.within <= 0 {
		errs = append(errs, fmt.Errorf("WithIntensity: %d restarts within %v", c.restarts, c.within))
	}
	if c.base < 0 || c.limit < c.base || c.healthy < 0 {
		errs = append(errs, fmt.Errorf("WithBackoff: %v up to %v, healthy after %v", c.base, c.limit, c.healthy))
	}
	if c.jitter == nil {
		errs = append(errs, errors.New("WithJitter: no function"))
	}
	return errors.Join(errs...)
}

// delay returns how long to wait before a restart after so many failures in a row.
func (c *supervisorConfig) delay(before int) time.Duration {
	d := c.base
	for range before {
		if d > c.limit/2 {
			d = c.limit
			break
		}
		d *= 2
	}
	return max(0, c.jitter(d))
}

type supervisorOption func(*supervisorConfig)

func (f supervisorOption) applySupervisor(c *supervisorConfig) { f(c) }

// WithStrategy sets who is restarted when a service has failed. The default is
// [OneForOne].
func WithStrategy(s Strategy) SupervisorOption {
	return supervisorOption(func(c *supervisorConfig) { c.strategy = s })
}

// WithIntensity sets how many restarts there may be: the supervisor gives up when a
// failure calls for one more than restarts within this time. One that was exactly so
// long ago does not count any more. With 0 restarts the first failure is the end; a
// negative number is no bound. The default is [DefaultRestarts] within
// [DefaultRestartsWithin].
func WithIntensity(restarts int, within time.Duration) SupervisorOption {
	return supervisorOption(func(c *supervisorConfig) { c.restarts, c.within = restarts, within })
}

// WithBackoff sets how long a service that has failed waits for its restart: up to
// base at first, twice as much with each failure that follows, limit at most. How
// much of that it really waits is drawn at random, from nothing to all of it ("full
// jitter"), so that those who failed together do not come back together. A service
// that has been ready for healthy begins with base again when it fails.
//
// A base of 0 is no delay. The default is [DefaultBackoff], [DefaultBackoffLimit] and
// [DefaultHealthy].
func WithBackoff(base, limit, healthy time.Duration) SupervisorOption {
	return supervisorOption(func(c *supervisorConfig) { c.base, c.limit, c.healthy = base, limit, healthy })
}

// WithJitter replaces what draws delays for [WithBackoff]: f is given the most that a
// service may wait, and returns how long it waits. It is called on the goroutine of
// [Supervisor.Run].
func WithJitter(f func(most time.Duration) time.Duration) SupervisorOption {
	return supervisorOption(func(c *supervisorConfig) { c.jitter = f })
}

// RestartPanics makes a panic in a service a failure of it. tell, if not nil, is
// called with it first, on the goroutine that has panicked.
//
// Without it a panic does what it does in the scope that the supervisor runs in: it
// crashes the process, or under [RecoverPanics] is a failure after that one's tell was
// called. What it says against recovering holds for restarting even more: what the
// service shares with others may be in any state.
func RestartPanics(tell func(*PanicError)) SupervisorOption {
	return supervisorOption(func(c *supervisorConfig) { c.life = []Option{RecoverPanics(tell)} })
}

// WithObserver calls f with the new status of a service after each change, in the
// order in which they happen. err is what it has ended with, if that is the change.
// f is called on the goroutine of [Supervisor.Run], which does nothing else until f
// returns.
func WithObserver(f func(status ServiceStatus, err error)) SupervisorOption {
	return supervisorOption(func(c *supervisorConfig) { c.observe = f })
}
