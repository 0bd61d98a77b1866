// SPDX-License-Identifier: Apache-2.0

package scope

import "time"

// An Option changes what [New] makes.
type Option interface{ apply(*config) }

type config struct {
	policy    Policy
	limit     int
	maxErrors int
	recover   bool              // panics become errors
	tell      func(*PanicError) // of each panic
	grace     time.Duration     // below 0: none; 0: default
	budget    time.Duration     // 0: default
	onError   func(*TaskError)
	ages      bool
}

// DefaultMaxErrors is how many errors a scope keeps without [WithMaxErrors].
const DefaultMaxErrors = 16

// defaults is the configuration of a new scope before its options.
func defaults(parent *Scope) config {
	c := config{maxErrors: DefaultMaxErrors}
	if parent != nil {
		c.recover, c.tell, c.ages = parent.cfg.recover, parent.cfg.tell, parent.cfg.ages
	}
	return c
}

type option func(*config)

func (f option) apply(c *config) { f(c) }

// WithPolicy sets what the end of a task means for the others; see [Policy]. Without
// it a scope has [FailFast]. Children do not inherit it.
func WithPolicy(p Policy) Option { return option(func(c *config) { c.policy = p }) }

// WithLimit sets how many slots there are for tasks that run at the same time: each
// takes one, or as many as [Weight] says. 0 or less is no limit, which is the
// default. Those who wait for slots get them in the order in which they came.
// Children do not inherit it, and do not count.
func WithLimit(slots int) Option { return option(func(c *config) { c.limit = max(0, slots) }) }

// WithMaxErrors sets how many errors of tasks are kept; the others are counted. The
// default is [DefaultMaxErrors]. 0 or less keeps none.
func WithMaxErrors(n int) Option { return option(func(c *config) { c.maxErrors = max(0, n) }) }

// WithErrors calls f with the error of each task that has failed, panicked or exited,
// on the goroutine of the task: when the scope was cancelled with it, if it is to be,
// and before the task has ended for those who wait. Calls for several tasks overlap, and
// a panic in f crashes. Under [Isolate] nobody else tells of the errors.
func WithErrors(f func(*TaskError)) Option { return option(func(c *config) { c.onError = f }) }

// RecoverPanics makes a panic in a task an error of it, a [*PanicError], and so by
// default the end of the scope. tell, if not nil, is called with it first, on the
// goroutine that has panicked, and whatever else comes of it waits for that; a panic in
// tell crashes. Children inherit it.
//
// Without it a panic in a task crashes the process at once, as in any goroutine. That
// is the better choice where nothing else is responsible for the process: what a
// panic leaves behind is unknown, and the stack in the crash is the one of the panic.
// Fatal errors of the runtime, such as concurrent map writes, cannot be caught.
func RecoverPanics(tell func(*PanicError)) Option {
	return option(func(c *config) { c.recover, c.tell = true, tell })
}

// WithAges notes when each task is admitted. Without it a task's age in a [Survey] is
// the time since the first survey that has seen it, or since [Scope.Close] was called.
// It costs one reading of the clock for each task, a tenth of what a goroutine costs.
// Children inherit it.
func WithAges() Option { return option(func(c *config) { c.ages = true }) }

// WithDrainGrace sets how long [Scope.Close] waits for tasks that take no new work
// before it cancels them: 0 is the default, half of the time that its context
// leaves, without a limit if that has no deadline. A negative value is no time.
func WithDrainGrace(d time.Duration) Option { return option(func(c *config) { c.grace = d }) }

// WithBudget sets how long the scope's tasks may take to end once [Scope.Close] has
// cancelled them, before it goes on to the next scope without them. 0 or less is the
// default, an equal share of the time that is left; without a limit if there is none.
func WithBudget(d time.Duration) Option { return option(func(c *config) { c.budget = max(0, d) }) }
