// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"os"
	"slices"
	"sync"
)

// A Fake is a [Source] whose signals a test sends, and an [Attributor] that knows
// for whom, see [Fake.SendFrom]. It uses neither os/signal nor goroutines, so it
// works inside a testing/synctest bubble. It is safe for concurrent use, must
// not be copied, and its zero value is ready.
type Fake struct {
	mu      sync.Mutex
	subs    []subscription // guarded by mu
	ignored []os.Signal    // guarded by mu
}

type subscription struct {
	c    chan<- os.Signal
	sigs []os.Signal
	sent *sent // nil if nobody asks
}

// sent is what a channel was sent, until somebody asks who it was; guarded by
// Fake.mu.
type sent struct {
	sigs []os.Signal
	by   []Sender
}

// NewFake returns a Fake to which nobody listens and that ignores nothing.
func NewFake() *Fake { return new(Fake) }

// Send makes sig arrive at everyone who asked for it, and reports whether there
// was anyone. False stands for the default action: for most signals, death.
// Like the operating system it does not wait: a full channel misses the signal,
// and receivers get to run later (in a bubble: by synctest.Wait).
func (f *Fake) Send(sig os.Signal) bool { return f.SendFrom(sig, Sender{}) }

// SendFrom is Send on behalf of a sender, whom deliveries and causes name.
func (f *Fake) SendFrom(sig os.Signal, by Sender) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := false
	for _, s := range f.subs {
		if !slices.Contains(s.sigs, sig) {
			continue
		}
		taken = true
		select {
		case s.c <- sig:
			s.sent.add(sig, by)
		default:
		}
	}
	return taken
}

func (s *sent) add(sig os.Signal, by Sender) {
	if s != nil {
		s.sigs, s.by = append(s.sigs, sig), append(s.by, by)
	}
}

// take returns who sent the oldest sig.
func (s *sent) take(sig os.Signal) (by Sender) {
	if i := slices.Index(s.sigs, sig); i >= 0 {
		by = s.by[i]
		s.sigs, s.by = slices.Delete(s.sigs, i, i+1), slices.Delete(s.by, i, i+1)
	}
	return by
}

// Ignore makes sigs look ignored by whoever started the process, until somebody
// takes them with Notify: as in a real process, that ends the ignoring.
func (f *Fake) Ignore(sigs ...os.Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ignored = append(f.ignored, sigs...)
}

// Notify implements [Source].
func (f *Fake) Notify(c chan<- os.Signal, sigs ...os.Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notifyLocked(c, sigs)
}

// Attribute implements [Attributor].
func (f *Fake) Attribute(c chan<- os.Signal, sigs ...os.Signal) (who func(os.Signal) Sender) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.notifyLocked(c, sigs)
	if s.sent == nil {
		s.sent = new(sent)
	}
	list := s.sent // outlives Stop
	return func(sig os.Signal) Sender {
		f.mu.Lock()
		defer f.mu.Unlock()
		return list.take(sig)
	}
}

func (f *Fake) notifyLocked(c chan<- os.Signal, sigs []os.Signal) *subscription {
	f.ignored = slices.DeleteFunc(f.ignored, func(sig os.Signal) bool { return slices.Contains(sigs, sig) })
	i := slices.IndexFunc(f.subs, func(s subscription) bool { return s.c == c })
	if i < 0 {
		i, f.subs = len(f.subs), append(f.subs, subscription{c: c})
	}
	f.subs[i].sigs = append(f.subs[i].sigs, sigs...)
	return &f.subs[i]
}

// Stop implements [Source].
func (f *Fake) Stop(c chan<- os.Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.subs = slices.DeleteFunc(f.subs, func(s subscription) bool { return s.c == c })
}

// Ignored implements [Source].
func (f *Fake) Ignored(sig os.Signal) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.ignored, sig)
}
