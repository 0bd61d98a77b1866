// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"errors"
	"time"
)

var errBad = errors.New("bad")

func look(string) (int, error) { return 0, nil }

func register(*job) {}

type job struct {
	ctx    context.Context
	cancel context.CancelFunc
	n      int
}

func (j *job) stop() { j.cancel() }

func newJob(ctx context.Context, name string) (*job, error) {
	j := &job{}
	j.ctx, j.cancel = context.WithCancel(ctx) // want `nobody has the cancel function when the error of line 30 is returned`
	n, err := look(name)
	if err != nil {
		return nil, err
	}
	j.n = n
	return j, nil
}

func newTimed(name string) (*job, error) {
	j := new(job)
	j.ctx, j.cancel = context.WithTimeout(context.TODO(), time.Minute) // its parent has no end
	if name == "" {
		return nil, errBad
	}
	return j, nil
}

func newCancelled(ctx context.Context, name string) (*job, error) {
	j := &job{}
	j.ctx, j.cancel = context.WithCancel(ctx)
	if name == "" {
		j.cancel()
		return nil, errBad
	}
	if _, err := look(name); err != nil {
		j.stop()
		return nil, err
	}
	return j, nil
}

func newDeferred(ctx context.Context, name string) (_ *job, err error) {
	j := &job{}
	j.ctx, j.cancel = context.WithCancel(ctx)
	defer func() {
		if err != nil {
			j.cancel()
		}
	}()
	if name == "" {
		return nil, errBad
	}
	return j, nil
}

func newKnown(ctx context.Context, name string) (*job, error) {
	j := &job{}
	j.ctx, j.cancel = context.WithCancel(ctx)
	register(j)
	if name == "" {
		return nil, errBad
	}
	return j, nil
}

func known() *job { return nil }

func restart(ctx context.Context, name string) (*job, error) {
	j := known()
	j.ctx, j.cancel = context.WithCancel(ctx)
	if name == "" {
		return nil, errBad
	}
	return j, nil
}
