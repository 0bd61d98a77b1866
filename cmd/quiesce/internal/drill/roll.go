// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// roll makes a round in which an instance is replaced by one on another port, which
// is ready before the first is stopped.
func (r *round) roll(ctx context.Context) error {
	defer r.handOver()
	if err := r.first(ctx); err != nil {
		return err
	}
	if err := r.startNext(ctx); err != nil {
		return err
	}
	if err := r.underLoad(ctx); err != nil {
		return err
	}
	if !r.balances() {
		r.probes.Go(func() { r.turnAtSignal(ctx) })
	}
	if err := r.stop(ctx); err != nil {
		return err
	}
	if err := r.end(ctx); err != nil {
		return err
	}
	r.readSoon(ctx)
	return nil
}

// first gets the instance that is to be replaced: the one that came last, or a new
// one.
func (r *round) first(ctx context.Context) error {
	if r.inst, r.current = r.current, nil; r.inst == nil {
		if err := r.start(ctx); err != nil {
			return err
		}
		if err := r.inst.await(ctx, r.ask); err != nil {
			return err
		}
	}
	r.line.mark(record.MarkReady, "")
	return nil
}

// startNext starts the successor on the other port.
func (r *round) startNext(ctx context.Context) error {
	port := r.ports[0]
	if r.inst.port == port {
		port = r.ports[1]
	}
	r.line.mark(record.MarkStarted, "the successor")
	var err error
	if r.next, err = r.drill.start(ctx, port, false); err != nil {
		return err
	}
	r.prepare()
	if err := r.next.await(ctx, r.ask); err != nil {
		return fmt.Errorf("the successor: %w", err)
	}
	r.line.mark(record.MarkSuccessor, "")
	return nil
}

// turnAtSignal turns away from an instance that has no readiness probe: whoever stops
// it tells the balancer at the same moment.
func (r *round) turnAtSignal(ctx context.Context) {
	select {
	case <-r.signalled:
		r.turnAway(ctx)
	case <-r.inst.Exited():
		r.turnAway(ctx)
	case <-ctx.Done():
	}
}

// handOver ends the round: the successor serves in the next. Where the drill may not end
// the old server, and it is still there, there is none.
func (r *round) handOver() {
	r.close()
	if r.ours() || r.over() {
		r.current = r.next
	} else {
		r.next.shut()
	}
}

// over reports whether the server has exited, or has replaced itself and kept its pid.
func (r *round) over() bool { return r.rec.Exited >= 0 || isClosed(r.replaced) }

// readSoon reads the writes of the round back from the successor, which serves.
func (r *round) readSoon(ctx context.Context) {
	if r.ledger != nil {
		r.rec.Writes = r.ledger.ReadBack(ctx, r.next.aims[0].addr, r.next.aims[0].request(*r.Read).TLS)
		r.pending = nil
	}
}

// upgrade makes a round in which the server replaces itself on its own signal.
func (r *round) upgrade(ctx context.Context) error {
	defer r.handOver()
	if err := r.first(ctx); err != nil {
		return err
	}
	if err := r.underLoad(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var err error
	var found sync.WaitGroup
	found.Go(func() { r.next, err = r.successor(ctx) })
	stopped := r.stop(ctx)
	if r.rec.Signalled < 0 { // it has ended before: nothing follows
		cancel()
	}
	found.Wait()
	if err != nil {
		r.note("round %d: %v", r.rec.Number, err)
	}
	if stopped != nil {
		return stopped
	}
	if err := r.end(ctx); err != nil {
		return err
	}
	if r.next != nil {
		r.readSoon(ctx)
	}
	if !r.ours() && !r.over() {
		r.note("round %d: the server is still there, and not ours to kill: there is no other round", r.rec.Number)
	}
	return nil
}

// successor waits for the process that follows the server after its signal.
func (r *round) successor(ctx context.Context) (*instance, error) {
	select {
	case <-r.signalled:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.Setup.Grace, fmt.Errorf("not within %v", r.Setup.Grace))
	defer cancel()
	t, err := r.inst.Successor(ctx)
	if err != nil {
		return nil, err
	}
	next := r.place(r.inst.port)
	next.Target, next.output = t, r.inst.output
	if t.PID() == r.inst.PID() {
		return next, r.stayed(ctx, next)
	}
	r.line.mark(record.MarkSuccessor, fmt.Sprintf("pid %d", t.PID()))
	return next, nil
}

// stayed waits until a server that has replaced itself, and is the same process, serves,
// and until those that served before it are gone. There is no exit then that would end
// the round.
func (r *round) stayed(ctx context.Context, next *instance) error {
	if err := next.await(ctx, r.ask); err != nil {
		return err
	}
	r.line.mark(record.MarkSuccessor, fmt.Sprintf("pid %d, as before", next.PID()))
	if err := r.inst.Replaced(ctx); err != nil {
		return err
	}
	r.line.mark(record.MarkReplaced, "")
	close(r.replaced)
	return nil
}
