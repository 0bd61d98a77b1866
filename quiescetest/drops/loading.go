// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A loading is the load around one stop.
type loading struct {
	trial *Trial
	run   context.Context // ends when the callers are to give up
	end   func()          // ends it and waits for them
	addr  atomic.Pointer[string]
	count []counters
	base  time.Time

	callers sync.WaitGroup
	lines   sync.WaitGroup // goroutines of connections
	before  milestone      // every caller was answered
	after   milestone      // every caller was answered by who is there after the stop
	stopped atomic.Bool    // the stop is over
	asked   atomic.Bool    // it was asked for
	last    atomic.Int64   // the last answer, since base
	gap     atomic.Int64   // the longest time between two, since it was asked for
}

func newLoading(ctx context.Context, t *Trial, addr string) *loading {
	run, cancel := context.WithCancel(ctx)
	l := &loading{trial: t, run: run, base: time.Now(), count: make([]counters, len(t.Loads))}
	l.before.passed, l.after.passed = make(chan struct{}), make(chan struct{})
	l.end = func() {
		cancel()
		l.callers.Wait()
		l.lines.Wait()
	}
	l.addr.Store(&addr)
	for i := range t.Loads {
		l.before.left.Add(int64(t.Loads[i].Callers))
		l.after.left.Add(int64(t.Loads[i].Callers))
	}
	for i := range t.Loads {
		l.begin(&t.Loads[i], &l.count[i])
	}
	return l
}

// served waits until every caller has been answered once.
func (l *loading) served() error {
	timer := time.NewTimer(l.trial.Timeout)
	defer timer.Stop()
	select {
	case <-l.before.passed:
		return nil
	case <-l.run.Done():
		return context.Cause(l.run)
	case <-timer.C:
		return l.unserved()
	}
}

func (l *loading) unserved() error {
	var sum Tally
	for i := range l.trial.Loads {
		t := l.count[i].tally(&l.trial.Loads[i])
		sum.add(&t)
	}
	return fmt.Errorf("%d of %d callers were not answered before it%s", l.before.left.Load(), sum.Callers, sum.outcomesText(OK))
}

// lookAway makes new connections reach addr after a while. What it returns is
// closed then.
func (l *loading) lookAway(after time.Duration, addr string) <-chan struct{} {
	done := make(chan struct{})
	look := func() {
		l.addr.Store(&addr)
		close(done)
	}
	if after > 0 {
		time.AfterFunc(after, look)
	} else {
		look()
	}
	return done
}

// ask notes that the stop is asked for: gaps count from here.
func (l *loading) ask() {
	l.last.Store(int64(time.Since(l.base)))
	l.asked.Store(true)
}

// settle waits until every caller was answered by the server that is there now,
// or is not within its time, and ends the load. What is in flight is waited for.
func (l *loading) settle() {
	l.stopped.Store(true)
	late := time.AfterFunc(l.trial.Timeout, l.after.pass)
	defer late.Stop()
	l.callers.Wait()
}

func (l *loading) tallies() []Tally {
	out := make([]Tally, len(l.count))
	for i := range out {
		load := &l.trial.Loads[i]
		out[i] = l.count[i].tally(load)
		if k, ok := load.Kind.(*kind1); !ok || !k.brief {
			out[i].Connections = load.clients()
		}
	}
	return out
}

// A milestone is passed when the last of those it waits for has come.
type milestone struct {
	left   atomic.Int64
	passed chan struct{}
	once   sync.Once
}

func (m *milestone) arrive() {
	if m.left.Add(-1) == 0 {
		m.pass()
	}
}

func (m *milestone) pass() { m.once.Do(func() { close(m.passed) }) }

// begin starts the callers of a load.
func (l *loading) begin(load *Load, count *counters) {
	share := max(load.Share, 1)
	for first := 0; first < load.Callers; first += share {
		w := &Wire{
			run: l.run, addr: &l.addr, count: count,
			delay: l.trial.RTT / 2, timeout: l.trial.Timeout, lines: &l.lines,
		}
		client := load.Kind.Client(w)
		var using sync.WaitGroup
		for range min(share, load.Callers-first) {
			using.Go(func() { l.call(client, load.Think, count) })
		}
		l.callers.Go(func() {
			using.Wait()
			_ = client.Close() // what it has to say was said by requests
		})
	}
}

// clients returns how many clients a load has.
func (l *Load) clients() int {
	share := max(l.Share, 1)
	return (l.Callers + share - 1) / share
}

// minThink is between the requests of a caller that fails: one that is refused
// at once would otherwise do nothing but count that.
const minThink = time.Millisecond

// call is one caller.
func (l *loading) call(client Client, think time.Duration, count *counters) {
	served, settled := false, false
	if think > 0 {
		l.think(rand.N(think)) // so that callers are not in step
	}
	for !l.over() {
		stopped := l.stopped.Load()
		outcome := client.Do(l.run)
		count.outcomes[outcome].Add(1)
		if outcome == OK {
			l.answered()
			if !served {
				served = true
				l.before.arrive()
			}
			if stopped && !settled {
				settled = true
				count.settled.Add(1)
				l.after.arrive()
			}
		}
		l.rest(think, outcome)
	}
}

func (l *loading) over() bool {
	select {
	case <-l.after.passed:
		return true
	case <-l.run.Done():
		return true
	default:
		return false
	}
}

// rest is what a caller does between two requests.
func (l *loading) rest(think time.Duration, last Outcome) {
	if think > 0 {
		think = think/2 + rand.N(think)
	}
	if last != OK {
		think = max(think, minThink)
	}
	if think > 0 {
		l.think(think)
	}
}

func (l *loading) think(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.after.passed:
	case <-l.run.Done():
	}
}

// answered keeps the longest gap between answers.
func (l *loading) answered() {
	if !l.asked.Load() {
		return
	}
	now := int64(time.Since(l.base))
	gap := now - l.last.Swap(now)
	for {
		longest := l.gap.Load()
		if gap <= longest || l.gap.CompareAndSwap(longest, gap) {
			return
		}
	}
}
