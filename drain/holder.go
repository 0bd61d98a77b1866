// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"sync"
	"time"
)

// A Holder is admitted work that has a name. It is a value: copies stand for
// the same work.
type Holder struct {
	entry *entry
	life  uint64 // of the entry, so that a Holder is known for stale
}

// Begin is [Gate.Enter] for work that is to be found in [Gate.Holders] and in
// the error of [Gate.Close], as who. It reports whether the caller is admitted;
// whoever is must call [Holder.End] once instead of Leave. Both kinds can be
// mixed on one gate.
//
// It takes a lock for a moment and reads the clock once. It does not allocate,
// except when more holders are in flight than ever before; their memory is kept
// for later ones as long as the gate is. who is not copied.
func (g *Gate) Begin(who string) (Holder, bool) {
	if !g.Enter() {
		return Holder{}, false
	}
	return g.holders.add(g, who), true
}

// End ends what [Gate.Begin] admitted, as [Gate.Leave] does for Enter.
//
// The zero Holder, which is what a refused Begin returns, has nothing to end:
// its End does nothing, so "defer h.End()" may stand before the check. Ending
// the same work twice is a mistake that can be told from everything else, and
// panics; the gate's count stays right.
func (h Holder) End() {
	if h.entry == nil {
		return
	}
	g := h.entry.gate
	if !g.holders.remove(h) {
		panic("drain: End of a Holder that has ended")
	}
	g.Leave()
}

// Holders returns at most limit of the holders in flight, in the order in which
// they were admitted, the oldest first. All of them if limit is negative, none
// if it is zero. What came in by Enter has no name and is not listed.
//
// While it copies them, Begin and End wait.
func (g *Gate) Holders(limit int) []Held { return g.holders.list(limit) }

// A registry is the list of a gate's holders.
type registry struct {
	mu          sync.Mutex
	first, last *entry // in the order of Begin; guarded by mu
	free        *entry // linked by next; guarded by mu
}

// An entry is one place in the list. It belongs to one gate for ever and is
// used for one holder after the other.
type entry struct {
	gate       *Gate
	who        string
	since      time.Duration // on the clock of now
	life       uint64        // counts the holders it was used for
	prev, next *entry
}

// epoch is the zero of the clock of now. A time.Time that is subtracted from
// needs one reading of the monotonic clock, where time.Now takes two clocks.
var epoch = time.Now()

func now() time.Duration { return time.Since(epoch) }

func (r *registry) add(g *Gate, who string) Holder {
	since := now()
	r.mu.Lock()
	e := r.free
	if e == nil {
		e = &entry{gate: g}
	} else {
		r.free = e.next
	}
	e.who, e.since = who, since
	e.prev, e.next = r.last, nil
	if r.last == nil {
		r.first = e
	} else {
		r.last.next = e
	}
	r.last = e
	h := Holder{entry: e, life: e.life}
	r.mu.Unlock()
	return h
}

// remove reports whether h was in the list.
func (r *registry) remove(h Holder) bool {
	e := h.entry
	r.mu.Lock()
	if e.life != h.life {
		r.mu.Unlock()
		return false
	}
	e.life++
	if e.prev == nil {
		r.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		r.last = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.who = "" // not kept alive by a place that is free
	e.next, r.free = r.free, e
	r.mu.Unlock()
	return true
}

func (r *registry) list(limit int) []Held {
	var out []Held
	r.mu.Lock()
	defer r.mu.Unlock()
	at := now()
	for e := r.first; e != nil && len(out) != limit; e = e.next {
		out = append(out, Held{Who: e.who, Age: at - e.since})
	}
	return out
}
