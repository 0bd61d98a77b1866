// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"runtime"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// An Option changes what [New] makes.
type Option interface{ apply(*config) }

type config struct {
	min, max int
	size     int
	full     Full
	idle     time.Duration
	growth   time.Duration // 0: at once
	timeout  time.Duration // 0: none
	stuck    time.Duration // 0: nobody looks
	replace  int
	onStuck  func(Stuck)
	onError  func(*scope.TaskError)
	grace    time.Duration // below 0: none; 0: default
	scope    []scope.Option
}

// What a pool has without options. The maximum is [runtime.GOMAXPROCS], which suits
// jobs that compute; those that wait for others want more.
const (
	DefaultQueue     = 1024                 // jobs that wait; see [WithQueue]
	DefaultIdle      = 10 * time.Second     // until a worker ends that is not needed; see [WithIdle]
	DefaultGrowAfter = 1 * time.Millisecond // that a job waits before there is one worker more; see [WithGrowAfter]
)

func defaults() config {
	return config{max: runtime.GOMAXPROCS(0), size: DefaultQueue, idle: DefaultIdle, growth: DefaultGrowAfter}
}

type option func(*config)

func (f option) apply(c *config) { f(c) }

// WithWorkers sets how many workers there are at the most, and how many of those that
// were started stay when they are idle. A max below 1 counts as 1, a min below 0 as 0,
// which is the default, and one above max as max. See [Pool.Resize].
func WithWorkers(min, max int) Option {
	return option(func(c *config) { c.min, c.max = bounds(min, max) })
}

func bounds(low, high int) (int, int) {
	high = max(1, high)
	return min(max(0, low), high), high
}

// WithQueue sets how many jobs may wait while all workers are busy. The default is
// [DefaultQueue]; 0 or less is none: a job is accepted only when there is a worker
// for it. Memory is taken as it is needed, 32 bytes a job, and kept.
func WithQueue(size int) Option { return option(func(c *config) { c.size = max(0, size) }) }

// Full says what happens to a job when the queue is full and all workers are busy.
type Full int

const (
	Block      Full = iota // the caller waits for room, behind those who came before
	Reject                 // it is refused with [ErrFull]
	CallerRuns             // it runs on the goroutine of the caller, who takes on nothing else meanwhile
)

// String returns the name: "block", "reject" or "caller-runs".
func (f Full) String() string { return [...]string{"block", "reject", "caller-runs"}[f] }

// WithFull sets what happens to a job for which there is no room. The default is
// [Block].
func WithFull(f Full) Option { return option(func(c *config) { c.full = f }) }

// WithIdle sets after how long a worker ends that is not needed, unless the minimum
// would not be kept: not before d, and by twice that. The default is [DefaultIdle];
// 0 or less counts as 1 ns.
func WithIdle(d time.Duration) Option {
	return option(func(c *config) { c.idle = max(1, d) })
}

// WithGrowAfter sets how long a job waits before a worker is started for it, unless
// there are as many as there may be: not less than d, and not more than twice that.
// The default is [DefaultGrowAfter]; 0 or less is no time. Where there are fewer
// workers than the minimum, none at all, or no room in the queue, it does not matter.
func WithGrowAfter(d time.Duration) Option {
	return option(func(c *config) { c.growth = max(0, d) })
}

// WithJobTimeout ends the contexts of each job after it has run for d, with
// [context.DeadlineExceeded], which is its error if it returns that. How much of d
// jobs use is told by [scope.Use] in a survey. It costs about 4 µs and 22
// allocations for each job, as BenchmarkJobTimeout has it on a 2-core Xeon with Go 1.26.
// 0 is no timeout, the default; with a negative one it has passed already.
func WithJobTimeout(d time.Duration) Option {
	return option(func(c *config) { c.timeout = d })
}

// WithStuckAfter calls a worker stuck whose job has run for d, tells report of it if
// that is not nil, and as long as it goes on starts another one in its place if there
// is work: for up to replace workers at a time, so that there are never more than max
// and replace. 0 or less only reports. report is called on a goroutine of its own, once
// for each job.
//
// It costs one reading of the clock for each job. A d of 0 or less is the default:
// no worker is called stuck. Jobs that run on the goroutines of their callers, as
// [CallerRuns] has it, are not watched: no worker is lost to them.
func WithStuckAfter(d time.Duration, replace int, report func(Stuck)) Option {
	return option(func(c *config) { c.stuck, c.replace, c.onStuck = max(0, d), max(0, replace), report })
}

// WithErrors calls f with the error of each job that has failed, panicked or exited,
// on the goroutine on which it ran. Without it [Stats] counts them, and handles tell.
func WithErrors(f func(*scope.TaskError)) Option { return option(func(c *config) { c.onError = f }) }

// WithDrainGrace sets how long [Pool.Close] and [Pool.Drop] wait for jobs before they
// end their contexts: 0 is the default, half of the time that their context leaves,
// without a limit if that has no deadline. A negative value is no time.
func WithDrainGrace(d time.Duration) Option { return option(func(c *config) { c.grace = d }) }

// WithScope gives options to the pool's scope: [scope.RecoverPanics], and
// [scope.WithAges], which costs one reading of the clock for each job. Those about
// policy, errors, limits and grace belong to the pool and are overridden.
func WithScope(options ...scope.Option) Option {
	return option(func(c *config) { c.scope = append(c.scope, options...) })
}
