// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/situation"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/writes"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

const (
	// servedPatience is how long the first answers may take.
	servedPatience = 10 * time.Second

	// linger is how long the load goes on when the server is gone: whoever comes
	// then is to be refused, and nothing else.
	linger = 10 * time.Millisecond

	// lastWords is how long requests may go on to a server that is gone. Its sockets
	// end them at once, unless somebody else has them: then nobody does.
	lastWords = time.Second

	// streamWords is the same for those of a server that is there, and that last until
	// it ends them.
	streamWords = 20 * time.Millisecond

	// playPatience is how long the clients of a situation may take to see that the
	// server is gone. On a busy machine that is longer than it should be.
	playPatience = time.Second

	// settle is how long what the server leaves behind may take to go.
	settle = 100 * time.Millisecond
)

// errSkip means that a situation cannot be played with this server.
var errSkip = errors.New("cannot be tried")

// A round is one that is being made.
type round struct {
	*drill
	rec     record.Round
	line    *timeline
	inst    *instance // that is stopped
	next    *instance // that follows it, in a rolling drill and after an upgrade
	clients *clients
	play    *situation.Play
	ledger  *writes.Ledger
	from    time.Time // when the first signal's clock began

	signalled  chan struct{} // closed: the stop was asked for
	replaced   chan struct{} // closed: the server has replaced itself, and kept its pid
	lastAnswer time.Duration
	probes     sync.WaitGroup
	stopProbes context.CancelFunc
}

func (d *drill) newRound(s record.Schedule) *round {
	r := &round{drill: d, line: newTimeline(), clients: new(clients), signalled: make(chan struct{}), replaced: make(chan struct{}), stopProbes: func() {}}
	r.rec = record.Round{Schedule: s, Began: r.line.began.Sub(d.began), Signalled: -1, Exited: -1, Loads: []record.Load{}}
	r.rec.Exit.Code = -1
	return r
}

// restart makes a round in which the only instance is started and stopped.
func (r *round) restart(ctx context.Context) error {
	defer r.close()
	if err := r.start(ctx); err != nil {
		return err
	}
	if r.rec.Schedule.Situation != record.AtStart {
		if err := r.ready(ctx); err != nil {
			return err
		}
		r.readBack(ctx, r.inst)
		if err := r.underLoad(ctx); err != nil {
			return err
		}
	}
	if err := r.stop(ctx); err != nil {
		return err
	}
	return r.end(ctx)
}

func (r *round) start(ctx context.Context) (err error) {
	shell := r.rec.Schedule.Situation == record.Shell
	if r.inst, err = r.drill.start(ctx, r.ports[0], shell); err != nil {
		return err
	}
	r.from = r.inst.Began()
	r.line.markAt(record.MarkStarted, r.since(r.from), "")
	r.prepare()
	return nil
}

// since returns a time on the round's clock.
func (r *round) since(t time.Time) time.Duration { return t.Sub(r.line.began) }

func (r *round) ready(ctx context.Context) error {
	if err := r.inst.await(ctx, r.ask); err != nil {
		return err
	}
	r.line.mark(record.MarkReady, "")
	r.readyIn = append(r.readyIn, time.Since(r.inst.Began()))
	return nil
}

// underLoad starts the clients and, once each was answered, the probes.
func (r *round) underLoad(ctx context.Context) error {
	write := r.writers()
	var err error
	if r.clients, err = r.startClients(ctx, r.rec.Schedule, r.inst, write); err != nil {
		return err
	}
	if err := r.served(ctx); err != nil {
		return err
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	r.from = time.Now()
	r.line.markAt(record.MarkLoad, r.since(r.from), "")
	r.watch(ctx)
	return nil
}

// writers returns the load of acknowledged writes, nil if there is none.
func (r *round) writers() *load.Load {
	if r.Write == nil || !slices.Contains(r.rec.Schedule.Loads, writeLoad) {
		return nil
	}
	w, a := r.inst.aims[0].request(*r.Write), uncounted(r.inst.aims[0].request(*r.Read))
	r.ledger = writes.New(w, a, fmt.Sprintf("q%x-%d-", r.Setup.Seed&0xffffff, r.starts))
	r.ledger.ReadContains = r.ReadContains
	l := r.ledger.Load(atMost(writeCallers, r.rec.Schedule.Callers), writeThink)
	return &l
}

const (
	writeCallers = 8
	writeThink   = time.Millisecond
)

func (r *round) served(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, servedPatience, fmt.Errorf("not within %v", servedPatience))
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	go func() { // one that has died answers nobody
		select {
		case <-r.inst.Exited():
			cancel()
		case <-ended:
		}
	}()
	err := r.clients.served(ctx)
	if err == nil {
		return nil
	}
	select {
	case <-r.inst.Exited():
		exit, _ := r.inst.Exit()
		return fmt.Errorf("ended under load, unasked: %s", exitText(exit))
	default:
		return err
	}
}

// begin plays the situation up to where the signal is to find it.
func (r *round) begin(ctx context.Context) error {
	s, a := r.rec.Schedule, r.inst.aims[0]
	request := uncounted(a.request(r.Loads[0].Request))
	play, err := situation.Begin(ctx, s.Situation, situation.Scene{
		Addr: a.addr, TLS: request.TLS, Request: request, HTTP: a.overHTTP() && r.Loads[0].Protocol == record.HTTP1,
		Now: r.line.now, Rand: rand.New(rand.NewPCG(s.Seed, 1)), Timeout: r.patience(),
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errSkip, err)
	}
	r.play = play
	for _, skip := range play.Skipped() {
		r.skip(skip)
	}
	return err
}

// watch starts the probes of the instance.
func (r *round) watch(ctx context.Context) {
	ctx, r.stopProbes = context.WithCancel(ctx)
	probe := func(which string, ask question, changed func(ok bool, detail string)) {
		p := prober{which: which, ask: ask, line: r.line, changed: changed}
		r.probes.Go(func() { p.run(ctx) })
	}
	if r.inst.ready != "" {
		probe(probeReady, r.ask.status(r.inst.ready), r.unready(ctx))
	}
	if r.inst.live != "" {
		probe(probeLive, r.ask.status(r.inst.live), nil)
	}
	probe(probeConnect, connects(r.inst.aims[0].addr), func(ok bool, detail string) {
		if !ok {
			r.line.markFirst(record.MarkClosed, r.line.now(), detail)
		}
	})
}

// unready returns what is done when readiness changes: the balancer turns away,
// halfway through the readiness delay.
func (r *round) unready(ctx context.Context) func(ok bool, detail string) {
	var once sync.Once
	return func(ok bool, detail string) {
		if ok {
			return
		}
		r.line.markFirst(record.MarkUnready, r.line.now(), detail)
		once.Do(func() {
			if r.balances() {
				r.probes.Go(func() { r.turnAway(ctx) })
			}
		})
	}
}

// balances reports whether a balancer is played that listens to readiness. After an
// upgrade the successor is where the server was: there is nowhere else to go.
func (r *round) balances() bool {
	return r.inst.ready != "" && r.Setup.Mode != record.Upgrade && (r.Setup.Delay > 0 || r.next != nil)
}

// turnAway is what a balancer does when it has seen that an instance is not ready, or
// is told: it takes its time, and then new connections go elsewhere, if there is
// somewhere to go.
func (r *round) turnAway(ctx context.Context) {
	if pause(ctx, r.Setup.Delay/2) != nil {
		return
	}
	if r.next == nil {
		r.clients.hold()
		r.line.mark(record.MarkTurned, "held: there is no other instance")
		return
	}
	r.clients.turn(r.inst, r.next)
	r.line.mark(record.MarkTurned, "")
}

// close ends everything that is left of the round, in whatever state it is.
func (r *round) close() {
	r.stopProbes()
	r.clients.close()
	r.play.Close()
	r.probes.Wait()
	r.inst.shut()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
