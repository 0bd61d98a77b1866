// SPDX-License-Identifier: Apache-2.0

package goroutine

import (
	"errors"
	"runtime/pprof"
	"sync"
)

// leakProfile is the runtime's name of the profile.
const leakProfile = "goroutineleak"

// ErrNoLeakProfile is returned by [LeakProfile] if the runtime cannot tell
// which goroutines have leaked.
var ErrNoLeakProfile = errors.New("quiesce: this program has no goroutine leak profile: " +
	"Go 1.27 has it, Go 1.26 only in programs built with GOEXPERIMENT=goroutineleakprofile")

// HasLeakProfile reports whether the runtime can tell which goroutines have
// leaked.
func HasLeakProfile() bool { return pprof.Lookup(leakProfile) != nil }

// LeakProfile is [Profile] of the goroutines of which the garbage collector has
// proved that nothing can wake them: whatever they wait for is out of reach of
// every goroutine that can still run. It returns [ErrNoLeakProfile] if the
// runtime cannot do that.
//
// There are no false alarms, but leaks it does not see: a goroutine that waits
// for what a package variable refers to, for a timer or for the network. Some,
// those that wait for a mutex among them, are proved only by a second call.
//
// It runs a garbage collection, which stops the world once more for every link
// of the longest chain of goroutines that only the next one can wake. There is
// one run at a time: calls made during a run share the next one, so that each
// has seen everything that leaked before the call.
func LeakProfile(keep func(Labels) bool) ([]Stack, error) {
	if !HasLeakProfile() {
		return nil, ErrNoLeakProfile
	}
	data, err := leaks.get()
	if err != nil {
		return nil, err
	}
	return decode(data, keep)
}

// leaks is shared by the process, as the heap is that it looks at.
var leaks = flights{take: func() (string, error) { return take(leakProfile) }}

// A flights makes one call of take at a time, and one for all who wait for it.
// It uses mutexes and no channels: those who share a call may be in different
// synctest bubbles. A bubble's clock stands still meanwhile, as it should.
type flights struct {
	take func() (string, error)

	running sync.Mutex // held during take
	mu      sync.Mutex
	next    *flight // guarded by mu; the call that has not begun, nil if nobody waits
}

// A flight is one call of take.
type flight struct {
	once sync.Once
	data string
	err  error
}

// get returns what a call of take returned that began after get did.
func (s *flights) get() (string, error) {
	s.mu.Lock()
	if s.next == nil {
		s.next = new(flight)
	}
	f := s.next
	s.mu.Unlock()
	f.once.Do(func() {
		s.running.Lock()
		defer s.running.Unlock()
		s.mu.Lock()
		s.next = nil // it begins now: too late to join
		s.mu.Unlock()
		f.data, f.err = s.take()
	})
	return f.data, f.err
}
