// SPDX-License-Identifier: Apache-2.0

package pool

import "github.com/go-quiesce/quiesce/scope"

// Stats are a pool's counts at one moment. Every job that was ever given to the pool
// is in exactly one of Waiting, Queued, Running, OK, Failed, Panicked, Exited, Refused
// and Dropped.
type Stats struct {
	Min, Max int // workers; see [WithWorkers]
	Workers  int // there are, stuck ones too
	Idle     int // of them, who wait for jobs
	Stuck    int // of them, whose jobs have run too long; see [WithStuckAfter]
	Running  int // jobs that run, those on the goroutines of their callers too
	Queued   int // jobs that were accepted and have not begun
	Waiting  int // jobs whose callers wait for room

	OK       uint64 // jobs that ended well
	Failed   uint64 // that returned an error
	Panicked uint64 // that panicked; see [scope.RecoverPanics]
	Exited   uint64 // that called runtime.Goexit
	Refused  uint64 // that were not accepted and never ran
	Dropped  uint64 // that were accepted and never ran
}

// Stats returns the pool's counts.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{
		Min: p.cfg.min, Max: p.cfg.max,
		Workers: len(p.all), Idle: len(p.idle), Stuck: p.stuck,
		Running: p.busy + p.inline, Queued: p.queue.n, Waiting: len(p.waiters),
		OK: p.ended[scope.OK], Failed: p.ended[scope.Failed], Panicked: p.ended[scope.Panicked],
		Exited: p.ended[scope.Exited], Refused: p.ended[scope.Refused], Dropped: p.lost,
	}
}
