// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"context"
	"errors"
)

// A Job is a handle to one job, for who wants to know how it ended. It is safe for
// concurrent use. [Pool.Start] returns it.
type Job struct {
	name string
	done chan struct{}
	err  error // set before done is closed
}

// Name returns the job's name.
func (j *Job) Name() string { return j.name }

// Done returns a channel that is closed when the job has ended or was dropped.
func (j *Job) Done() <-chan struct{} { return j.done }

// Wait waits for the end of the job and returns its error: nil, a [*scope.TaskError],
// or a [*DroppedError] if it never ran. If ctx ends first it returns [context.Cause]
// of that, and the job goes on.
func (j *Job) Wait(ctx context.Context) error {
	select {
	case <-j.done:
		return j.err
	default:
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// resolve is the end of the job; of a nil handle it does nothing.
func (j *Job) resolve(err error) {
	if j != nil {
		j.err = err
		close(j.done)
	}
}

// Start is [Pool.Submit] with a handle.
func (p *Pool) Start(ctx context.Context, name string, f func(ctx context.Context) error) (*Job, error) {
	j := &Job{name: name, done: make(chan struct{})}
	if err := p.submit(ctx, entry{name, f, j}); err != nil {
		return nil, err
	}
	return j, nil
}

// Call runs f on the pool and returns its result. It returns the errors of
// [Pool.Submit] if the job is refused, and those of [Job.Wait] otherwise; a result is
// returned only without one.
//
// The end of ctx ends the waiting, and the context that f is given; if f was not
// called before, it will not be. That f returns this is no failure of the job. As with
// every job, its context has the values of the one given to [New], not those of ctx.
func Call[T any](ctx context.Context, p *Pool, name string, f func(ctx context.Context) (T, error)) (T, error) {
	var result, none T
	var off error // why the job was called off
	j, err := p.Start(ctx, name, func(own context.Context) (err error) {
		own, cancel := context.WithCancelCause(own)
		defer cancel(nil)
		stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
		defer stop()
		if err = context.Cause(ctx); err == nil {
			result, err = f(own)
		}
		if err != nil && ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))) {
			off, err = err, nil
		}
		return err
	})
	if err == nil {
		err = j.Wait(ctx)
	}
	if err == nil {
		err = off
	}
	if err != nil {
		return none, err
	}
	return result, nil
}
