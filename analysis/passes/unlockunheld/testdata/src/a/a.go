// SPDX-License-Identifier: Apache-2.0

package a

import (
	"errors"
	"sync"
)

type store struct {
	mu   sync.RWMutex
	cond *sync.Cond
	n    int
}

func load() error { return errors.New("no") }

func (s *store) deferredAndExplicit() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := load(); err != nil {
		s.mu.Unlock() // want `s.mu.Unlock here and again by the defer of line \d+`
		return err
	}
	return nil
}

func (s *store) deferredLiteral(full bool) {
	s.mu.Lock()
	defer func() { s.n = 0; s.mu.Unlock() }()
	if full {
		s.mu.Unlock() // want `s.mu.Unlock here and again by the defer of line \d+`
		return
	}
	s.n++
}

func (s *store) branchAndAfter(full bool) {
	s.mu.Lock()
	if full {
		s.mu.Unlock()
	}
	s.n++
	s.mu.Unlock() // want `s.mu.Unlock again: line \d+ has unlocked it on this path`
}

func (s *store) thenError() error {
	s.mu.Lock()
	s.n++
	s.mu.Unlock()
	if err := load(); err != nil {
		s.mu.Unlock() // want `s.mu.Unlock again: line \d+ has unlocked it on this path`
		return err
	}
	return nil
}

func (s *store) loop(xs []int) {
	s.mu.Lock()
	for range xs {
		s.n++
		s.mu.Unlock() // want `s.mu.Unlock again: line \d+ has unlocked it`
	}
}

func (s *store) wrongKind() int {
	s.mu.RLock()
	defer s.mu.Unlock() // want `s.mu.Unlock, but line \d+ has locked it by RLock`
	return s.n
}

func (s *store) wrongKindToo() {
	s.mu.Lock()
	s.n++
	s.mu.RUnlock() // want `s.mu.RUnlock, but line \d+ has locked it by Lock`
}

func local() {
	var mu sync.Mutex
	mu.Lock()
	mu.Unlock()
	mu.Unlock() // want `mu.Unlock again: line \d+ has unlocked it`
}

// What follows is innocent.

func (s *store) upgradeInLiteral() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	func() {
		s.mu.RUnlock()
		s.mu.Lock()
		defer func() {
			s.mu.Unlock()
			s.mu.RLock()
		}()
		s.n++
	}()
}

func (s *store) relocked() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.Unlock()
	err := load()
	s.mu.Lock()
	return err
}

func (s *store) exclusive(full bool) {
	s.mu.Lock()
	if full {
		s.mu.Unlock()
		return
	}
	s.n++
	s.mu.Unlock()
}

func (s *store) flagged(full bool) {
	s.mu.Lock()
	locked := true
	if full {
		s.mu.Unlock()
		locked = false
	}
	s.n++
	if locked {
		s.mu.Unlock()
	}
}

func (s *store) forCaller() {
	s.mu.Unlock()
	_ = load()
	s.mu.Lock()
}

func (s *store) doneByCaller() {
	if s.n > 0 {
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
}

func (s *store) lockBoth() { s.mu.Lock() }

func (s *store) refill() { s.mu.Lock(); s.n = 8 }

func (s *store) byHelper() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.Unlock()
	_ = load()
	s.refill()
}

func (s *store) deferredLocksItself() {
	defer func() {
		s.mu.Lock()
		s.n--
		s.mu.Unlock()
	}()
	s.mu.Lock()
	s.n++
	s.mu.Unlock()
}

func (s *store) turns(xs []int, recovering bool) {
	for _, x := range xs {
		if recovering {
			s.mu.Lock()
		}
		if recovering {
			if x > 1 {
				s.mu.Unlock()
				continue
			}
			s.mu.Unlock()
		}
	}
}

func (s *store) upgrade() {
	s.mu.RLock()
	if s.n > 0 {
		s.mu.RUnlock()
		return
	}
	s.mu.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
}

func (s *store) nested() int {
	s.mu.RLock()
	s.mu.RLock()
	n := s.n
	s.mu.RUnlock()
	s.mu.RUnlock()
	return n
}

func (s *store) tried() {
	if s.mu.TryLock() {
		defer s.mu.Unlock()
	}
}

func each(all []*store) {
	for _, s := range all {
		s.mu.Unlock()
	}
}

func (s *store) whileWaiting(ready func() bool) {
	s.mu.Lock()
	for !ready() {
		s.mu.Unlock()
		_ = load()
		s.mu.Lock()
	}
	s.mu.Unlock()
}

func (s *store) handed() {
	s.mu.Lock()
	go func() {
		defer s.mu.Unlock()
		s.n++
	}()
}

func (s *store) switched(k int) {
	s.mu.Lock()
	switch k {
	case 1:
		s.mu.Unlock()
	case 2:
		s.n++
		fallthrough
	default:
		s.mu.Unlock()
	}
}

func (s *store) panics(k int) {
	s.mu.Lock()
	if k == 0 {
		s.mu.Unlock()
		panic("zero")
	}
	s.mu.Unlock()
}

func (s *store) known() {
	s.mu.Lock()
	s.mu.Unlock()
	//quiesce:ignore unlockunheld a test of the runtime
	s.mu.Unlock()
}
