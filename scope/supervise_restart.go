// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// take decides what a turn of a life means.
func (r *supervision) take(t turn) {
	i := t.life.index
	k := &r.slots[i]
	switch {
	case t.now == ServiceReady && k.State == ServiceStarting:
		r.ready(i)
	case t.now == ServiceStopping && k.State != ServiceStopping:
		r.to(i, ServiceStopping, nil)
	case t.now == ServiceEnded:
		asked := k.doom != nil
		k.life, k.doom = nil, nil
		if t.unstopped == nil {
			r.ended(i, asked, t.err)
			return
		}
		err := errors.Join(t.unstopped, t.err)
		r.to(i, ServiceEnded, err)
		r.giveUp(ErrNotStopped, i, err)
	}
}

// ended decides what it means that service i has ended, and nothing of it runs.
func (r *supervision) ended(i int, asked bool, err error) {
	k := &r.slots[i]
	kind := r.sup.services[i].Restart
	switch {
	case r.over != nil && (errors.Is(err, context.Canceled) || errors.Is(err, r.over)):
		r.to(i, ServiceEnded, nil) // as it was told
	case errors.Is(err, ErrTerminateTree):
		r.to(i, ServiceEnded, err)
		r.giveUp(ErrTerminateTree, i, err)
	case errors.Is(err, ErrDoNotRestart), kind == Temporary:
		k.final = true
		r.to(i, ServiceEnded, err)
	case r.over != nil:
		r.to(i, ServiceEnded, err)
		if err != nil {
			r.blame(nil, i, err)
		}
	case asked:
		r.to(i, ServiceWaiting, err)
	case kind == Transient && err == nil:
		r.to(i, ServiceEnded, nil)
	default:
		r.failed(i, cmp.Or(err, ErrReturned))
	}
}

// failed restarts service i, with those that the strategy says, or gives up.
func (r *supervision) failed(i int, err error) {
	k := &r.slots[i]
	cfg := &r.sup.cfg
	now := time.Now()
	if cfg.tooMany(&r.failures, Failure{Service: k.Name, At: now, Err: err}) {
		r.to(i, ServiceEnded, err)
		r.giveUp(ErrTooManyRestarts, i, err)
		return
	}
	if !k.readyAt.IsZero() && now.Sub(k.readyAt) >= cfg.healthy {
		k.failures = 0
	}
	k.due = now.Add(cfg.delay(k.failures))
	k.failures++
	r.to(i, ServiceBackoff, err)
	first, end := cfg.strategy.group(i, len(r.slots))
	for j := first; j < end; j++ {
		if j != i {
			r.restart(j, k.due, fmt.Errorf("restarted with service %q: %w", k.Name, err))
		}
		r.slots[j].inTurn = r.slots[j].inTurn || cfg.strategy != OneForOne
	}
}

// restart lets service i start again when another one does.
func (r *supervision) restart(i int, due time.Time, why error) {
	k := &r.slots[i]
	if k.final {
		return
	}
	if due.After(k.due) {
		k.due = due
	}
	switch {
	case k.life != nil:
		k.doom = why
	case k.State != ServiceWaiting:
		r.to(i, ServiceWaiting, nil)
	}
}
