// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// A Long is work that goes on until it is told to end: a stream of events, a
// long poll, a websocket. Each has its turn in a drain, so that their clients do
// not all come back to the other servers in the same instant.
//
// A nil *Long works, and its turn never comes.
type Long struct {
	name  string
	since time.Duration // on the clock of now
	turn  chan struct{}

	// Guarded by the mu of its longs.
	of    *longs
	at    int // its place among those that wait; -1 when it had its turn
	ended bool
}

// Long registers work, as name, that ends when its turn comes. A drain waits
// for it as for a request, and names it if it has to give up. End must be
// called when it is over:
//
//	l := drain.From(r.Context()).Long("events")
//	defer l.End()
//	for {
//		select {
//		case <-l.Turn():
//			return // the client reconnects, to another server
//		case <-r.Context().Done():
//			return
//		case e := <-events:
//
// Turns begin when clients are advised to leave, at random over the window of
// [WithPace] and with at most so many under way as it says. Nobody waits for its
// turn beyond half of the drain's time. What is registered during a drain joins
// those that wait; after it, the turn has come already.
func (h *Handle) Long(name string) *Long {
	if h == nil {
		return nil
	}
	l := &Long{name: name, since: now(), turn: make(chan struct{}), of: &h.longs}
	h.longs.add(l)
	return l
}

// Turn returns a channel that is closed when the work should end. For a nil
// Long it is nil.
func (l *Long) Turn() <-chan struct{} {
	if l == nil {
		return nil
	}
	return l.turn
}

// End says that the work is over. Later calls do nothing.
func (l *Long) End() {
	if l != nil {
		l.of.remove(l)
	}
}

// A pace is how turns are given.
type pace struct {
	window time.Duration // over which turns are spread
	gap    time.Duration // if not 0, a few take no longer than so much for each
	atOnce int           // told and not ended; 0: no limit
}

// over is the time over which n turns are spread.
func (p pace) over(n int) time.Duration {
	if p.gap == 0 {
		return p.window
	}
	return min(p.window, time.Duration(n)*p.gap)
}

// longs is the work that is registered with one server.
type longs struct {
	pace    pace
	changed func()        // tells the drain that one ended; called without mu
	moved   chan struct{} // holds one: somebody came or ended

	mu      sync.Mutex
	all     map[*Long]struct{} // guarded by mu, as what follows
	waiting []*Long            // for their turn
	told    int                // had their turn and have not ended
	over    bool               // every turn has come
}

func (p *longs) init(pace pace, changed func()) {
	p.pace, p.changed = pace, changed
	p.moved = make(chan struct{}, 1)
	p.all = map[*Long]struct{}{}
}

func (p *longs) add(l *Long) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[l] = struct{}{}
	l.at = len(p.waiting)
	p.waiting = append(p.waiting, l)
	if p.over {
		p.tellLocked(l)
	}
	p.stir()
}

func (p *longs) remove(l *Long) {
	p.mu.Lock()
	if l.ended {
		p.mu.Unlock()
		return
	}
	l.ended = true
	delete(p.all, l)
	if l.at >= 0 {
		p.takeLocked(l)
	} else {
		p.told--
	}
	p.stir()
	p.mu.Unlock()
	p.changed()
}

// stir wakes the goroutine that gives turns, if there is one.
func (p *longs) stir() {
	select {
	case p.moved <- struct{}{}:
	default:
	}
}

func (p *longs) takeLocked(l *Long) {
	last := p.waiting[len(p.waiting)-1]
	last.at = l.at
	p.waiting[l.at] = last
	p.waiting = p.waiting[:len(p.waiting)-1]
	l.at = -1
}

func (p *longs) tellLocked(l *Long) {
	p.takeLocked(l)
	p.told++
	close(l.turn)
}

func (p *longs) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.all)
}

func (p *longs) held() []Held {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now()
	var out []Held
	for l := range p.all {
		out = append(out, Held{Who: l.name, Age: at - l.since})
	}
	slices.SortFunc(out, func(a, b Held) int { return cmp.Compare(b.Age, a.Age) })
	return out
}

// tellAll gives every turn that is left and every one to come.
func (p *longs) tellAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	for len(p.waiting) > 0 {
		p.tellLocked(p.waiting[0])
	}
}

// giveTurns paces until stop is closed or, if not zero, half is over.
func (p *longs) giveTurns(stop <-chan struct{}, half time.Time) {
	defer p.tellAll()
	end := time.Now().Add(p.pace.over(p.count()))
	var cap <-chan time.Time
	if !half.IsZero() {
		timer := time.NewTimer(time.Until(half))
		defer timer.Stop()
		cap = timer.C
	}
	pause := time.NewTimer(0)
	defer pause.Stop()
	for drawn := false; ; {
		var turn <-chan time.Time
		if n := p.ready(); n > 0 {
			if !drawn {
				pause.Reset(jitter(time.Until(end), n))
				drawn = true
			}
			turn = pause.C
		}
		select {
		case <-turn:
			p.tellOne()
			drawn = false
		case <-p.moved:
		case <-cap:
			return
		case <-stop:
			return
		}
	}
}

// ready returns how many wait, if one more may have its turn.
func (p *longs) ready() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pace.atOnce > 0 && p.told >= p.pace.atOnce {
		return 0
	}
	return len(p.waiting)
}

func (p *longs) tellOne() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.waiting); n > 0 {
		p.tellLocked(p.waiting[rand.IntN(n)])
	}
}

// jitter is a random pause whose mean lets n turns fit into what is left; the last
// of them too.
func jitter(left time.Duration, n int) time.Duration {
	if left <= 0 {
		return 0
	}
	return min(left, rand.N(2*left/time.Duration(n)+1))
}
