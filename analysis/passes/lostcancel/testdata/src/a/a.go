// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"os/signal"
	"time"
)

type lost struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func newLost() *lost {
	l := &lost{}
	l.ctx, l.cancel = context.WithCancel(context.Background()) // want `nothing calls the cancel function in the field cancel: its context lives as long as its parent`
	return l
}

type kept struct {
	ctx    context.Context
	cancel context.CancelFunc
	Cancel context.CancelFunc
}

func newKept() *kept {
	k := &kept{}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	k.ctx, k.Cancel = context.WithCancel(k.ctx)
	return k
}

func (k *kept) stop() { k.cancel() }

type handed struct{ cancel context.CancelFunc }

func (h *handed) start(f func(func())) {
	_, h.cancel = context.WithCancel(context.Background())
	f(h.cancel)
}

func helper(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, time.Second)
}

func callers(ctx context.Context) context.Context {
	helper(ctx)          // want `the cancel function that helper returns is dropped`
	ctx, _ = helper(ctx) // want `the cancel function that helper returns is dropped: its context lives as long as its parent`
	ctx, _ = context.WithTimeout(ctx, time.Second) // want `the cancel function that context.WithTimeout returns is dropped`
	ctx, _ = signal.NotifyContext(ctx)
	return ctx
}

func overwritten(parent context.Context) {
	ctx, cancel := context.WithCancel(parent) // want `cancel is assigned anew before it is called`
	println("x")
	ctx, cancel = context.WithTimeout(ctx, time.Second)
	defer cancel()
	<-ctx.Done()
}

func overwrittenInBranch(parent context.Context, limit time.Duration) {
	ctx, cancel := context.WithCancel(parent) // want `cancel is assigned anew before it is called`
	if limit > 0 {
		ctx, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	<-ctx.Done()
}

func calledInBranch(parent context.Context, limit time.Duration) {
	ctx, cancel := context.WithCancel(parent)
	if limit > 0 {
		cancel()
		ctx, cancel = context.WithTimeout(parent, limit)
	}
	defer cancel()
	<-ctx.Done()
}

func keptInBranch(parent context.Context, limit time.Duration) {
	ctx, cancel := context.WithCancel(parent)
	if limit > 0 {
		first := cancel
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer first()
	}
	defer cancel()
	<-ctx.Done()
}

func both(parent context.Context) {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, time.Second)
	defer cancel()
	<-ctx.Done()
}

func chained(parent context.Context) {
	ctx, cancel := context.WithCancel(parent)
	cancel2 := cancel
	ctx, cancel = helper(ctx)
	defer cancel2()
	defer cancel()
}

func choice(parent context.Context, d time.Duration) {
	var ctx context.Context
	var cancel context.CancelFunc
	if d > 0 {
		ctx, cancel = context.WithTimeout(parent, d)
	} else {
		ctx, cancel = context.WithCancel(parent)
	}
	defer cancel()
	<-ctx.Done()
}

type literal struct {
	ctx context.Context
	end context.CancelFunc
}

func newLiteral(parent context.Context) *literal {
	ctx, cancel := context.WithCancel(parent)
	return &literal{ctx: ctx, end: cancel} // want `nothing calls the cancel function in the field end`
}

type assigned struct{ end context.CancelFunc }

func (a *assigned) start(parent context.Context) {
	_, cancel := context.WithCancel(parent)
	a.end = cancel // want `nothing calls the cancel function in the field end`
}

type also struct{ end context.CancelFunc }

func (a *also) start(parent context.Context) {
	_, cancel := context.WithCancel(parent)
	defer cancel()
	a.end = cancel
}

type read struct{ end context.CancelFunc }

func newRead(parent context.Context) *read {
	_, cancel := context.WithCancel(parent)
	return &read{end: cancel}
}

func (r *read) stop() {
	if end := r.end; end != nil {
		end()
	}
}

type off struct{ cancel context.CancelFunc }

func (o *off) start() {
	_, o.cancel = context.WithCancel(context.Background()) //quiesce:ignore lostcancel lives as long as the process
}

func mistaken(ctx context.Context) {
	defer ctx.Done() // want `ctx.Done does not end the context`
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ctx.Done() // want `ctx.Done does not end the context`
	<-ctx.Done()
	done := ctx.Done()
	_ = done
}
