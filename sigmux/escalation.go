// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// An escalation is a policy at work.
type escalation struct {
	policy Policy
	f      func(Delivery, Step)

	mu     sync.Mutex
	ladder ladder // guarded by mu
}

// Escalate has f called for the terminating signals of p with the step that
// each of them means. Repeats within [CoalesceWindow] are counted, and f is not
// called for them.
//
// f is called on the signal's own goroutine, before the signal's routes: it
// must not block, or the next signal of the same kind waits. The steps are
// decided in order, each once, but f runs on a goroutine for each kind and so
// may be called by several at once. A panic in f is recovered; see
// [Mux.OnFault].
//
// It returns an error for a nil f, a policy that is not one, a second call, and
// after Close. A Mux escalates by one policy for its whole life.
func (m *Mux) Escalate(p Policy, f func(Delivery, Step)) error {
	if err := m.escalate(p, f); err != nil {
		return fmt.Errorf("sigmux: escalate by policy %q: %w", p.Name, err)
	}
	return nil
}

func (m *Mux) escalate(p Policy, f func(Delivery, Step)) error {
	if f == nil {
		return errors.New("no function to call")
	}
	if err := p.check(); err != nil {
		return err
	}
	p.Signals, p.Repeats = slices.Clone(p.Signals), slices.Clone(p.Repeats)

	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	if e := m.escalation.Load(); e != nil {
		return fmt.Errorf("policy %q is in force", e.policy.Name)
	}
	m.escalation.Store(&escalation{policy: p, f: f, ladder: newLadder(p)})
	for _, sig := range p.Signals {
		if k, isNew := m.kindLocked(sig); isNew && m.listening {
			m.takeLocked(k)
		}
	}
	return nil
}

func (p Policy) check() error {
	if len(p.Signals) == 0 {
		return errors.New("no signals")
	}
	for i, sig := range p.Signals {
		if err := checkSignal(sig); err != nil {
			return fmt.Errorf("%s: %w", Name(sig), err)
		}
		if slices.Contains(p.Signals[:i], sig) {
			return fmt.Errorf("%s is named twice", Name(sig))
		}
	}
	for _, sig := range p.Repeats {
		if !slices.Contains(p.Signals, sig) {
			return fmt.Errorf("%s repeats but does not terminate", Name(sig))
		}
	}
	return nil
}

// judge decides about an arrival. There may be no escalation at all.
func (e *escalation) judge(sig os.Signal, at time.Time) (Step, verdict) {
	if e == nil || !slices.Contains(e.policy.Signals, sig) {
		return Recorded, unasked
	}
	e.mu.Lock()
	step, folded := e.ladder.judge(sig, at)
	e.mu.Unlock()
	switch {
	case folded:
		return step, coalesced
	case step == Recorded:
		return step, recorded
	}
	return step, acted
}

// tell calls the user's function on the signal goroutine.
func (e *escalation) tell(m *Mux, d Delivery, step Step) {
	returned := false
	defer m.caught(d.Signal, e.policy.Name, &returned)
	e.f(d, step)
	returned = true
}
