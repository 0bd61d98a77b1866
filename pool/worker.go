// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"context"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// workerTask is the name under which workers are listed that have no job.
const workerTask = "worker"

// A worker is a goroutine that runs jobs. What it has is guarded by its pool's mu.
type worker struct {
	calls  chan struct{} // one for each time that it is idle
	at     int           // in Pool.all
	called bool          // it has not looked into the queue since
	gone   bool          // it is not in Pool.all any more
	busy   bool
	stuck  bool
	name   string        // of its job, if somebody looks for stuck workers
	began  time.Duration // the same
}

// call wakes an idle worker that was taken off the stack.
func (w *worker) call() {
	if w != nil {
		w.calls <- struct{}{}
	}
}

// run is the task of a worker.
func (p *Pool) run(w *worker, self *scope.Worker) error {
	var e entry
	var err error
	running := false
	defer func() {
		v := recover()
		if v != nil {
			defer panic(v) // it is the scope's
		}
		if v == nil || !running { // else nobody catches it, and the process is about to end
			p.lose(w, e, running, err)
		}
	}()
	for {
		var ok bool
		if e, ok = p.next(w, err, self); !ok {
			return nil
		}
		f := e.f
		e.f = nil // nobody but the job itself is to keep alive what it uses
		running = true
		err = self.Run(e.name, f, p.opts...)
		running = false
		if err != nil || e.job != nil {
			p.tell(e.job, err)
		}
	}
}

// preparedLocked returns a job that is about to begin. If the usual context has ended, it
// is given the other one: nothing could be begun under that any more.
func (p *Pool) preparedLocked(e entry) entry {
	if p.shut {
		e.f = finishing(e.f)
	}
	return e
}

func finishing(f func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error { return f(scope.WorkContext(ctx)) }
}

// lose is the end of a worker that was not dismissed: its job has called
// runtime.Goexit, or else the function of the user panicked that is told of errors.
// Another worker takes its place.
func (p *Pool) lose(w *worker, e entry, running bool, err error) {
	if running {
		err = p.failure(e.name, scope.Exited, scope.ErrExited)
	}
	defer p.replace(w, outcomeOf(err))
	if running {
		p.tell(e.job, err)
	}
}

func (p *Pool) replace(w *worker, o scope.Outcome) {
	p.mu.Lock()
	defer p.unlock()
	if w.gone {
		return
	}
	p.freeLocked(w, o)
	p.dismissLocked(w)
	if len(p.all) < p.cfg.min {
		p.startLocked()
	}
}

// tell passes on how a job ended.
func (p *Pool) tell(j *Job, err error) {
	defer j.resolve(err) // whatever onError does
	failed, ok := err.(*scope.TaskError)
	if ok && p.cfg.onError != nil {
		p.cfg.onError(failed)
	}
}

func outcomeOf(err error) scope.Outcome {
	if failed, ok := err.(*scope.TaskError); ok {
		return failed.Outcome
	}
	return scope.OK
}

// next ends the worker's job, if it has one, with this error, and returns the next
// one. It waits for that. It returns false if the worker is to end.
func (p *Pool) next(w *worker, err error, self *scope.Worker) (entry, bool) {
	p.mu.Lock()
	if w.busy {
		p.freeLocked(w, outcomeOf(err))
	}
	for {
		if w.called {
			w.called = false
			p.called--
		}
		if w.gone || !p.keepsLocked() {
			p.dismissLocked(w)
			p.unlock()
			return entry{}, false
		}
		if p.queue.n > 0 {
			return p.take(w), true
		}
		p.parkLocked(w)
		p.unlock()
		self.Rest()
		<-w.calls
		p.mu.Lock()
	}
}

// keepsLocked reports whether a worker without a job is to stay.
func (p *Pool) keepsLocked() bool {
	if p.own.Err() != nil || p.work.Err() != nil { // New's context ends them in any order
		p.followLocked()
	}
	if len(p.waiters) > 0 {
		p.admitLocked() // there is room for one more than before
	}
	return len(p.all) <= p.limitLocked() && (p.queue.n > 0 || p.state == scope.Open)
}

// take gives the worker the first job of the queue. It is called with mu held, and
// gives it back.
func (p *Pool) take(w *worker) entry {
	e := p.queue.pop()
	w.busy = true
	p.busy++
	e = p.preparedLocked(e)
	if p.cfg.stuck > 0 {
		w.name, w.began = e.name, time.Since(p.epoch)
		p.watching.arm(p.cfg.stuck)
	}
	var next *worker
	if p.queue.n > 0 {
		next = p.staffLocked()
	}
	p.unlock()
	next.call()
	return e
}

// freeLocked is the end of the worker's job.
func (p *Pool) freeLocked(w *worker, o scope.Outcome) {
	w.busy = false
	p.busy--
	if w.stuck {
		w.stuck = false
		p.stuck--
		p.lookForIdleLocked() // one that is idle may not be needed any more
	}
	p.endLocked(o)
}

// endLocked counts a job that has ended.
func (p *Pool) endLocked(o scope.Outcome) {
	p.ended[o]++
	if p.quiet != nil {
		p.quietLocked()
	}
}
