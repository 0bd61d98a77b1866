// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"os"
	"runtime"
	"slices"
	"sync"
	"time"
)

// queueLength is the buffer of a kind's channel. Its goroutine only ever leaves
// it unread while an inline handler runs; then one place would do to lose no
// kind, and a few more keep the counts true in a small burst.
const queueLength = 16

// A kind is one signal: its channel, its routes and the goroutine that serves
// them. The goroutine never waits for a handler: arrivals are recorded with
// every route, and a round goes through the routes in order, giving a turn to
// each that has something to be told. While a round waits for a turn to end,
// arrivals still reach the escalation at once.
type kind struct {
	mux  *Mux
	sig  os.Signal
	c    chan os.Signal
	who  func(os.Signal) Sender // asked once for each receive from c
	poke chan struct{}          // capacity 1: a turn ended, a route was unmasked

	// Of the goroutine alone.
	round []*Route // those that have not had their chance in this round
	turn  *turn    // the last one given, until its end or overrun was noticed

	mu     sync.Mutex
	routes []*Route // guarded by mu, copied on write; in the order of their turns
	count  Count    // guarded by mu
	over   bool     // guarded by mu; the goroutine has ended
}

func newKind(m *Mux, sig os.Signal) *kind {
	return &kind{
		mux: m, sig: sig, c: make(chan os.Signal, queueLength), poke: make(chan struct{}, 1),
		who: unknown, count: Count{Signal: sig},
	}
}

// stackRoom is held on the stack of a kind's goroutine, so that the runtime makes
// that 8 KiB from the beginning, and does not shrink it while it waits. Growing
// it when the first signal comes takes longer, about 4 µs, than anything else
// between the arrival and the escalation.
const stackRoom = 3200

// serve is the kind's goroutine. It ends when the channel is closed and the
// last round is over. A Goexit in an inline handler ends the goroutine but not
// the kind: another takes over where it was.
func (k *kind) serve() {
	var room [stackRoom]byte
	defer runtime.KeepAlive(&room)
	ended := false
	defer func() {
		if !ended {
			go k.serve()
			return
		}
		k.mux.running.Done()
	}()
	k.advance() // what a Goexit interrupted
	for k.wait() {
		k.advance()
	}
	k.end()
	ended = true
}

// wait returns after an arrival or a poke; false if nothing is left to wait for.
func (k *kind) wait() bool {
	select {
	case _, open := <-k.c:
		if open {
			k.arrive()
			return true
		}
	case <-k.poke:
		return true
	}
	if k.turn == nil {
		return false
	}
	<-k.poke // closed, and the end of the turn in progress is still to come
	return true
}

// arrive is the path that matters: the escalation hears of a signal before
// anything else happens, bar a few counters and the question who sent it.
func (k *kind) arrive() {
	d := Delivery{Signal: k.sig, At: time.Now(), Count: 1, Sender: k.who(k.sig)}
	e := k.mux.escalation.Load()
	step, v := e.judge(k.sig, d.At)
	k.record(&d, v)
	if v == acted || v == recorded {
		e.tell(k.mux, d, step)
	}
}

func (k *kind) record(d *Delivery, v verdict) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.count.arrived(v, len(k.routes) > 0)
	for _, r := range k.routes {
		if r.pending == 0 {
			r.since, r.sender = d.At, d.Sender
		}
		r.pending++
	}
}

// advance gives turns until one has to be waited for.
func (k *kind) advance() {
	for t := k.next(); t != nil; t = k.next() {
		t.begin()
	}
}

// next returns the next turn of the round, or of a new round. It returns nil
// while a turn is waited for and when no route has anything to be told.
func (k *kind) next() *turn {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.turn.holdsLocked() {
		return nil
	}
	k.turn = nil
	for {
		if len(k.round) == 0 {
			if !slices.ContainsFunc(k.routes, (*Route).readyLocked) {
				return nil
			}
			k.round = k.routes
		}
		r := k.round[0]
		k.round = k.round[1:]
		if r.readyLocked() {
			k.turn = r.takeLocked()
			return k.turn
		}
	}
}

// end drops what was never delivered and ends the routes' own threads.
func (k *kind) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.over = true
	k.count.drop(0)
	for _, r := range k.routes {
		r.handed.Broadcast()
	}
}

// wake has the goroutine look at its routes again. It never blocks.
func (k *kind) wake() {
	select {
	case k.poke <- struct{}{}:
	default:
	}
}

func (k *kind) counts() Count {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.count
}
