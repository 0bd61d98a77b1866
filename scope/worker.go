// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"runtime/pprof"
	"sync/atomic"
	"time"
)

// A Worker is a task that runs jobs, one after the other, each under a name of its
// own: consumers and pools are made of it. It costs a tenth of what a task for each
// job costs. [Scope.GoWorker] starts it. Its methods are for the function that was
// given it, on that goroutine.
type Worker struct {
	scope *Scope
	self  *kind                // of this task alone
	idle  *kind                // of its name
	shown *kind                // whose labels the goroutine has
	doing atomic.Pointer[kind] // of its job; nil while it rests
	since atomic.Int64         // when the job began or was first seen, or the rest did; 0: not known
}

// GoWorker is [Scope.Go] for a task that runs jobs: what f itself does is done under
// the given name, and [Worker.Run] runs jobs. The scope's policy and counts are about
// what f returns; about jobs, only Run tells. If one calls runtime.Goexit, that ends
// the worker, which is an error of the task named as the job.
func (s *Scope) GoWorker(ctx context.Context, name string, f func(w *Worker) error) error {
	s.catchUp()
	s.mu.Lock()
	n, err := s.admitLocked(ctx, name, 1, true)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	w := s.workerLocked(n)
	n.f = func(context.Context) error { return f(w) }
	s.mu.Unlock()
	go n.run()
	return nil
}

// workerLocked makes the task of n a worker.
func (s *Scope) workerLocked(n *node) *Worker {
	idle := n.kind
	w := &Worker{scope: s, idle: idle, shown: idle}
	w.self = &kind{scope: s, name: idle.name, ctx: idle.ctx, worker: w}
	idle.unlink(n)
	w.self.link(n)
	n.kind = w.self
	w.since.Store(int64(n.since))
	if s.workers == nil {
		s.workers = make(map[*kind]struct{})
	}
	s.workers[w.self] = struct{}{}
	return w
}

// current returns the kind of what a task does now.
func (k *kind) current() *kind {
	w := k.worker
	if w == nil {
		return k
	}
	if doing := w.doing.Load(); doing != nil {
		return doing
	}
	return w.idle
}

// Run runs f as the job name and returns its error: nil, or a [*TaskError]. While it
// runs, and until [Worker.Rest] or the next job, the job stands for the task in
// surveys and profiler labels. The contexts are those that a task of the scope is
// given; of the options, [Timeout] has a meaning. A panic is one of the task, and
// comes back as an error under [RecoverPanics].
//
// Run does not ask whether the scope takes new work: f's context tells it. It
// allocates nothing in the long run, unless there are options.
func (w *Worker) Run(name string, f func(ctx context.Context) error, options ...TaskOption) error {
	k := w.doing.Load()
	if k == nil || k.name != name || w.scope.cfg.ages || w.since.Load() != 0 {
		k = w.turnTo(name)
	}
	var o Outcome
	var err error
	if len(options) == 0 {
		o, err = w.call(k.ctx, f)
	} else {
		o, err = w.callOwn(k, f, configure(options))
	}
	if err == nil {
		return nil
	}
	if failure := w.scope.judge(k, nil, o, err); failure != nil {
		return failure
	}
	return nil
}

// turnTo makes the worker one that does name from now on.
func (w *Worker) turnTo(name string) *kind {
	s := w.scope
	since := time.Duration(0)
	if s.cfg.ages {
		since = now()
	}
	w.since.Store(int64(since))
	k := w.doing.Load()
	if k == nil || k.name != name {
		s.mu.Lock()
		k = s.kindLocked(name)
		s.mu.Unlock()
		w.doing.Store(k)
	}
	w.show(k)
	return k
}

func (w *Worker) show(k *kind) {
	if w.shown != k {
		w.shown = k
		pprof.SetGoroutineLabels(k.ctx)
	}
}

// Rest ends what Run has begun to show: the worker waits, under its own name.
func (w *Worker) Rest() {
	if w.doing.Load() == nil {
		return
	}
	w.doing.Store(nil)
	w.since.Store(0)
	if w.scope.cfg.ages {
		w.since.Store(int64(now()))
	}
	w.show(w.idle)
}

// call calls f. It does not come back from a Goexit.
func (w *Worker) call(ctx context.Context, f func(context.Context) error) (o Outcome, err error) {
	o, err = Exited, ErrExited // what a panic(nil) is under GODEBUG=panicnil=1, too
	defer func() {
		if o != Exited {
			return
		}
		if v := recover(); v != nil {
			if !w.scope.cfg.recover {
				crash(v) // here and now: the stack above is still the one of the panic
			}
			p := newPanicError(v)
			w.scope.shout(p)
			o, err = Panicked, p
		}
	}()
	err = f(ctx)
	o = OK
	return o, err
}

// callOwn is call for a job with an end of its own.
func (w *Worker) callOwn(k *kind, f func(context.Context) error, c taskConfig) (Outcome, error) {
	if c.timeout > 0 {
		w.scope.mu.Lock()
		k.warmLocked()
		w.scope.mu.Unlock()
	}
	own := newOwn(k, c.timeout)
	defer own.finish()
	return w.call(own.begin(), f)
}
