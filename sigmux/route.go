// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// DefaultTimeout is how long a handler's turn lasts at most before the next one
// gets its own, unless the route says otherwise; see [Timeout].
const DefaultTimeout = time.Second

// A Route is one named handler of one signal. Its methods are safe for
// concurrent use, also from handlers, and return at once.
type Route struct {
	kind *kind
	name string
	f    func(Delivery)

	priority  int
	timeout   time.Duration
	ownThread bool
	inline    bool

	// Guarded by kind.mu.
	pending int       // arrivals not delivered yet
	since   time.Time // when the oldest of them arrived
	sender  Sender    // and who sent that
	masked  bool
	removed bool
	turn    *turn      // the delivery in progress, however late
	handed  *sync.Cond // a turn, or an end, for the route's own thread
	thread  bool       // which is running
}

// Handle adds a handler for sig. Several handlers of one signal get their turns
// one after the other: higher [Priority] first, then in the order in which they
// were added. A handler that panics or calls runtime.Goexit is recorded as a
// [Fault] and the next gets its turn; so is one that takes longer than its
// [Timeout], which goes on, but the next no longer waits. A handler never runs
// twice at once: what arrives while it runs is delivered when it has returned,
// as one [Delivery].
//
// Before Listen nothing is taken; after it, sig is taken at once. The handler
// runs on a goroutine of its own; see [Inline] and [OwnThread].
//
// It returns an error for a nil f, a name that is empty or taken by another
// route of this signal, a signal that is nil or cannot be taken (SIGKILL,
// SIGSTOP), options that contradict each other, and after Close.
func (m *Mux) Handle(sig os.Signal, name string, f func(Delivery), opts ...RouteOption) (*Route, error) {
	r, err := m.handle(sig, name, f, opts)
	if err != nil {
		return nil, fmt.Errorf("sigmux: handle %s by %q: %w", Name(sig), name, err)
	}
	return r, nil
}

func (m *Mux) handle(sig os.Signal, name string, f func(Delivery), opts []RouteOption) (*Route, error) {
	r := &Route{name: name, f: f, timeout: DefaultTimeout}
	for _, o := range opts {
		o.apply(r)
	}
	if err := errors.Join(checkSignal(sig), r.check()); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	k, isNew := m.kindLocked(sig)
	if err := k.add(r); err != nil {
		return nil, err
	}
	if isNew && m.listening {
		m.takeLocked(k)
	}
	return r, nil
}

func (r *Route) check() error {
	switch {
	case r.f == nil:
		return errors.New("no function to call")
	case r.name == "":
		return errors.New("no name")
	case r.timeout <= 0:
		return fmt.Errorf("timeout %v is not positive", r.timeout)
	case r.inline && r.ownThread:
		return errors.New("cannot be inline and on its own thread")
	}
	return nil
}

func (k *kind) add(r *Route) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	r.kind, r.handed = k, sync.NewCond(&k.mu)
	if slices.ContainsFunc(k.routes, func(o *Route) bool { return o.name == r.name }) {
		return errors.New("the name is taken")
	}
	routes := append(slices.Clone(k.routes), r)
	slices.SortStableFunc(routes, func(a, b *Route) int { return cmp.Compare(b.priority, a.priority) })
	k.routes = routes
	return nil
}

// Mask holds deliveries back: what arrives is recorded. A handler in progress
// goes on. Masking is logical: the signal stays taken and other routes, and the
// escalation, see it. A masked route that is masked again stays masked.
func (r *Route) Mask() { r.setMask(true) }

// Unmask ends Mask: if anything arrived meanwhile, the handler gets one
// delivery for all of it.
func (r *Route) Unmask() { r.setMask(false) }

func (r *Route) setMask(masked bool) {
	r.kind.mu.Lock()
	r.masked = masked
	r.kind.mu.Unlock()
	r.kind.wake()
}

// Remove takes the handler away, with what had not been delivered to it. A call
// in progress goes on. The name may be used again. The signal stays taken.
func (r *Route) Remove() {
	k := r.kind
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.removed {
		return
	}
	r.removed = true
	r.handed.Broadcast()
	k.routes = slices.DeleteFunc(slices.Clone(k.routes), func(o *Route) bool { return o == r })
	most := 0
	for _, o := range k.routes {
		most = max(most, o.pending)
	}
	k.count.drop(uint64(most))
}

// readyLocked reports whether the route should have a turn.
func (r *Route) readyLocked() bool {
	return r.pending > 0 && !r.masked && !r.removed && r.turn == nil
}

// takeLocked turns what is pending into a turn.
func (r *Route) takeLocked() *turn {
	d := Delivery{Signal: r.kind.sig, At: r.since, Count: r.pending, Sender: r.sender}
	r.kind.count.settle(uint64(r.pending))
	r.pending = 0
	r.turn = &turn{route: r, d: d}
	return r.turn
}
