// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A run is a Trial that is being made.
type run struct {
	trial  *Trial
	result *Result
	old    instance // the one that serves
}

type instance struct {
	addr string
	stop func(context.Context) error // nil: there is none
}

func (r *run) do(ctx context.Context) (err error) {
	if r.old, err = r.start(ctx); err != nil {
		return fmt.Errorf("drops: %w", err)
	}
	defer func() { err = errors.Join(err, r.end(ctx, r.old)) }()
	for n := range r.trial.Stops {
		if err := r.round(ctx); err != nil {
			return fmt.Errorf("drops: stop %d: %w", n+1, err)
		}
	}
	return nil
}

func (r *run) start(ctx context.Context) (instance, error) {
	addr, stop, err := r.trial.Start(ctx)
	if err != nil {
		return instance{}, fmt.Errorf("start: %w", err)
	}
	return instance{addr, stop}, nil
}

// end stops an instance that nobody uses, even if the trial was given up.
func (r *run) end(ctx context.Context, i instance) error {
	if i.stop == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.trial.Grace)
	defer cancel()
	return i.stop(ctx)
}

// round makes one stop under load.
func (r *run) round(ctx context.Context) (err error) {
	var next instance // none in a restart
	if !r.trial.Restart {
		if next, err = r.start(ctx); err != nil {
			return err
		}
	}
	l, err := newLoading(ctx, r.trial, r.old.addr)
	if err != nil {
		return errors.Join(err, r.end(ctx, next))
	}
	defer l.Close()
	if err := l.before(ctx); err != nil {
		return errors.Join(err, r.end(ctx, next))
	}
	took, err := r.replace(ctx, l, next)
	if err != nil {
		return err
	}
	l.settle(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.result.Stops = append(r.result.Stops, Stop{Loads: l.Tallies(), Took: took, Gap: time.Duration(l.gap.Load())})
	return nil
}

// replace stops the instance that serves. When it returns, new connections reach
// another: next, or the one that it starts in a restart.
func (r *run) replace(ctx context.Context, l *loading, next instance) (took time.Duration, err error) {
	old := r.old
	r.old = next
	began := time.Now()
	l.ask()
	var looked <-chan struct{}
	if next.stop != nil {
		looked = l.lookAway(r.trial.Propagation, next.addr)
	}
	if err := r.end(ctx, old); err != nil {
		return 0, err
	}
	took = time.Since(began)
	if next.stop == nil {
		if r.old, err = r.start(ctx); err != nil {
			return 0, err
		}
		l.Redirect(r.old.addr)
		return took, nil
	}
	select {
	case <-looked:
	case <-ctx.Done(): // as the caller will find
	}
	return took, nil
}
