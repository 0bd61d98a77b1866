// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"math"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// staffLocked sees to it that somebody comes for the first job in the queue, as far as
// that is possible now. It may return an idle worker, to be called without the lock.
//
// One worker at a time is on its way. When it takes a job, and there are more, it has
// the next one called: so of many small jobs that come at once, most are done by those
// who are awake already.
func (p *Pool) staffLocked() *worker {
	if p.called > 0 {
		return nil
	}
	return p.summonLocked()
}

// summonLocked takes a worker off the stack, or has one started.
func (p *Pool) summonLocked() *worker {
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		p.unneeded = min(p.unneeded, n-1)
		w.called = true
		p.called++
		return w
	}
	p.hireLocked()
	return nil
}

// hireLocked starts a worker, now or when the first job in the queue has waited, if
// there may be one more.
func (p *Pool) hireLocked() {
	limit := p.limitLocked()
	switch have := len(p.all) - (limit - p.cfg.max); {
	case len(p.all) >= limit:
	case have < max(1, p.cfg.min), p.cfg.growth == 0:
		p.startLocked()
	case !p.growing.set:
		p.aging = p.queue.tail()
		p.growing.arm(p.cfg.growth)
	}
}

// limitLocked is how many workers there may be.
func (p *Pool) limitLocked() int {
	return p.cfg.max + min(p.stuck, p.cfg.replace, math.MaxInt-p.cfg.max)
}

// startLocked makes a worker, which unlock starts.
func (p *Pool) startLocked() {
	w := &worker{calls: make(chan struct{}, 1), at: len(p.all), called: true}
	p.all = append(p.all, w)
	p.hired = append(p.hired, w)
	p.called++
	p.lookForIdleLocked() // there may be some: it was started for jobs that others have been called for
}

// unlock gives mu back, and starts the workers that were made meanwhile: the scope may
// have to ask a context of the user's own, which is not done with the lock held.
func (p *Pool) unlock() {
	if len(p.hired) == 0 {
		p.mu.Unlock()
		return
	}
	p.launch()
}

func (p *Pool) launch() {
	hired := p.hired
	p.hired = nil
	p.mu.Unlock()
	for _, w := range hired {
		err := p.scope.GoWorker(p.own, workerTask, func(self *scope.Worker) error { return p.run(w, self) })
		if closed, ok := err.(*scope.ClosedError); ok {
			p.unhire(w, closed.Cause)
		}
	}
}

// unhire is the end of a worker that could not be started, as the scope was cancelled.
func (p *Pool) unhire(w *worker, cause error) {
	p.mu.Lock()
	defer p.unlock()
	p.called--
	p.removeLocked(w)
	p.advanceLocked(scope.Cancelled, cause)
}

// removeLocked takes the worker out of the pool.
func (p *Pool) removeLocked(w *worker) {
	last := len(p.all) - 1
	p.all[w.at] = p.all[last]
	p.all[w.at].at = w.at
	p.all[last] = nil
	p.all = p.all[:last]
	w.gone = true
}

// dismissLocked is the end of a worker without a job, if it was not dismissed before.
func (p *Pool) dismissLocked(w *worker) {
	if w.gone {
		return
	}
	p.removeLocked(w)
	p.refillLocked()
}

// refillLocked does what can be done now for those who wait: jobs, and callers.
func (p *Pool) refillLocked() {
	for len(p.waiters) > 0 && len(p.all) < p.limitLocked() {
		p.startLocked()
		p.admitLocked()
	}
	if p.queue.n > 0 {
		p.staffLocked().call()
	}
}

// parkLocked makes the worker idle.
func (p *Pool) parkLocked(w *worker) {
	p.idle = append(p.idle, w)
	p.lookForIdleLocked()
}

// lookForIdleLocked sets the alarm if there are workers that might end.
func (p *Pool) lookForIdleLocked() {
	if !p.shrinking.set && len(p.idle) > 0 && p.spareLocked() > 0 {
		p.unneeded = len(p.idle)
		p.shrinking.arm(p.cfg.idle)
	}
}

// spareLocked is how many workers there are above the minimum.
func (p *Pool) spareLocked() int { return len(p.all) - p.stuck - p.cfg.min }

// surplusLocked is how many idle workers there are too many.
func (p *Pool) surplusLocked() int { return min(len(p.idle), len(p.all)-p.limitLocked()) }

// grow is called when jobs have waited.
func (p *Pool) grow() {
	p.mu.Lock()
	defer p.unlock()
	p.growing.set = false
	for range min(int64(p.aging-p.queue.head), int64(p.queue.n)) { // below 0 if later ones have begun, too
		if len(p.all) < p.limitLocked() {
			p.startLocked()
		}
	}
	if p.queue.n > 0 {
		p.staffLocked().call()
	}
}

// shrink is called when workers have been idle.
func (p *Pool) shrink() {
	p.mu.Lock()
	defer p.unlock()
	p.shrinking.set = false
	p.endIdleLocked(min(p.unneeded, p.spareLocked()))
	p.lookForIdleLocked()
}

// endIdleLocked ends n workers that have been idle for longest.
func (p *Pool) endIdleLocked(n int) {
	if n <= 0 {
		return
	}
	for _, w := range p.idle[:n] {
		p.removeLocked(w)
		w.call()
	}
	p.idle = slices.Delete(p.idle, 0, n)
	p.unneeded = max(0, p.unneeded-n)
}

// watch is called when a job may have run for too long.
func (p *Pool) watch() {
	p.mu.Lock()
	p.watching.set = false
	var found []Stuck
	next, now := p.cfg.stuck, time.Since(p.epoch)
	running := false
	for _, w := range p.all {
		if !w.busy || w.stuck {
			continue
		}
		age := now - w.began
		if left := p.cfg.stuck - age; left > 0 {
			next, running = min(next, left), true
			continue
		}
		w.stuck = true
		p.stuck++
		found = append(found, Stuck{p.scope.Path(), w.name, age, p.stuck <= p.cfg.replace})
	}
	if running {
		p.watching.arm(next)
	}
	p.refillLocked()
	p.unlock()
	if p.cfg.onStuck != nil {
		p.report(found)
	}
}

// report tells of stuck workers: of the others too if it ends in runtime.Goexit for one.
func (p *Pool) report(found []Stuck) {
	if len(found) > 0 {
		defer p.report(found[1:])
		p.cfg.onStuck(found[0])
	}
}

// Resize sets the bounds of [WithWorkers] while the pool is in use. With a lower
// maximum, idle workers end at once, and others when their jobs have ended.
func (p *Pool) Resize(min, max int) {
	p.mu.Lock()
	defer p.unlock()
	p.cfg.min, p.cfg.max = bounds(min, max)
	p.endIdleLocked(p.surplusLocked())
	p.lookForIdleLocked()
	p.refillLocked()
}
