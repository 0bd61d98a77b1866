// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"context"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// A Pool runs jobs on a few goroutines, its workers, and keeps those that have to wait
// in a queue. Make one with [New]. All methods are safe for concurrent use, and none
// holds a lock while it waits or calls a function of the user.
type Pool struct {
	scope *scope.Scope
	own   context.Context // the scope's, for its workers: it ends when no new work may be taken
	work  context.Context // ends when the scope is cancelled
	cfg   config          // min and max are guarded by mu
	opts  []scope.TaskOption
	epoch time.Time // of the clock that looks for stuck workers

	mu      sync.Mutex // guards what follows, and the workers
	state   scope.State
	cause   error // why it is not open
	shut    bool  // own has ended
	queue   queue
	waiters []*waiter // for room, in the order in which they came
	all     []*worker
	hired   []*worker // of these, who are not started yet; see unlock
	idle    []*worker // the last one is called first
	called  int       // workers that were started or called, and have not looked into the queue yet
	busy    int       // workers with a job
	stuck   int       // of these, whose have run too long
	inline  int       // jobs on the goroutines of their callers
	quiet   chan struct{}

	growing   alarm
	aging     uint64 // the number of the first job that the alarm has not seen
	shrinking alarm
	unneeded  int // the least number of idle workers since the alarm was set
	watching  alarm

	ended   [int(scope.Abandoned) + 1]uint64 // jobs, by outcome
	lost    uint64                           // jobs that were dropped
	dropped map[string]int                   // the same by name
}

// New makes a pool, on a scope of its own that is called name, as [scope.New] makes
// it: below that of ctx, if that belongs to one. It starts workers when there are jobs.
//
// When the scope above takes no new work, the pool takes none either, but goes on with
// the jobs that it has. When that, or ctx, is cancelled, it drops those that have not
// begun. Whoever makes a pool ends it, with [Pool.Close], [Pool.Drop] or [Pool.Stop]:
// idle workers are tasks, and [scope.Scope.Wait] above waits for them too.
func New(ctx context.Context, name string, options ...Option) *Pool {
	p := &Pool{cfg: defaults(), epoch: time.Now()}
	for _, o := range options {
		o.apply(&p.cfg)
	}
	all := append(p.cfg.scope[:len(p.cfg.scope):len(p.cfg.scope)],
		scope.WithPolicy(scope.Isolate), scope.WithErrors(nil), scope.WithLimit(0), scope.WithDrainGrace(-1))
	p.scope = scope.New(ctx, name, all...)
	p.own = p.scope.Context()
	p.work = scope.WorkContext(p.own)
	if p.cfg.timeout != 0 {
		p.opts = []scope.TaskOption{scope.Timeout(p.cfg.timeout)}
	}
	p.growing.ring, p.shrinking.ring, p.watching.ring = p.grow, p.shrink, p.watch
	context.AfterFunc(p.own, p.follow)
	context.AfterFunc(p.work, p.follow)
	return p
}

// Scope returns the pool's scope: for its survey, in which each job that runs is a
// task, and to cancel it. Tasks that are started in it run beside the pool's workers.
func (p *Pool) Scope() *scope.Scope { return p.scope }

// Submit gives the pool a job, and returns when it was accepted. The context that f is
// given ends when the scope takes no new work; but if the job begins later than that,
// when the scope is cancelled. [scope.WorkContext] always ends only then. Both have the
// values of the context given to [New], not those of ctx, and the profiler labels of a
// task of this name. Jobs in the queue begin in the order in which they were accepted.
//
// If there is no room, Submit does what [WithFull] says: it waits, and returns
// [context.Cause] of ctx if that ends first; it returns [ErrFull]; or it runs the job.
// A job that waits for room in its own pool can wait for itself. The error of a job is
// not returned: see [WithErrors], [Pool.Start] and [Call].
//
// Submit returns a [*scope.ClosedError], which matches [scope.ErrScopeClosed], if the
// pool takes no new jobs. While it still has some, it takes new ones from these: if ctx
// belongs to the pool's scope, as that of a job does. f is not called, and never will
// be, if Submit has returned an error.
//
// The name should be a constant; see [scope.New].
func (p *Pool) Submit(ctx context.Context, name string, f func(ctx context.Context) error) error {
	return p.submit(ctx, entry{name: name, f: f})
}

func (p *Pool) submit(ctx context.Context, e entry) error {
	p.mu.Lock()
	if p.state == scope.Open && p.own.Err() == nil && len(p.waiters) == 0 && p.fitsLocked() {
		return p.accept(e)
	}
	p.mu.Unlock()
	inner := p.scope.Owns(ctx) // ctx may be the user's own
	p.mu.Lock()
	p.followLocked()
	switch {
	case !p.takesLocked(inner):
		return p.refuse(p.closedLocked())
	case p.hasRoomLocked():
		return p.accept(e)
	default:
		return p.submitFull(ctx, e, inner)
	}
}

// accept puts a job into the queue. It is called with mu held, and gives it back.
func (p *Pool) accept(e entry) error {
	p.queue.push(e)
	w := p.staffLocked()
	p.unlock()
	w.call()
	return nil
}

// refuse counts a job that is not accepted, in the same way.
func (p *Pool) refuse(err error) error {
	p.ended[scope.Refused]++
	p.unlock()
	return err
}

// hasRoomLocked reports whether a job can be accepted now. It starts a worker if that
// makes room.
func (p *Pool) hasRoomLocked() bool {
	if len(p.waiters) > 0 {
		return false
	}
	if !p.fitsLocked() && len(p.all) < p.limitLocked() {
		p.startLocked()
	}
	return p.fitsLocked()
}

// fitsLocked reports whether one more job is not too many: one for each worker without
// one, and the others in the queue.
func (p *Pool) fitsLocked() bool { return p.queue.n-(len(p.all)-p.busy) < p.cfg.size }

// takesLocked reports whether the pool's state admits a job. inner tells that it is
// part of work in flight.
func (p *Pool) takesLocked(inner bool) bool {
	return p.state == scope.Open || p.state == scope.Draining && inner
}

func (p *Pool) closedLocked() error {
	return &scope.ClosedError{Scope: p.scope.Path(), State: p.state, Cause: p.cause}
}
