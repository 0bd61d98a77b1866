// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"os"
	"slices"
	"sync"
)

// A Fake is a [Source] whose signals a test sends. It uses neither os/signal
// nor goroutines, so it works inside a testing/synctest bubble. It is safe for
// concurrent use, must not be copied, and its zero value is ready.
type Fake struct {
	mu      sync.Mutex
	subs    []subscription // guarded by mu
	ignored []os.Signal    // guarded by mu
}

type subscription struct {
	c    chan<- os.Signal
	sigs []os.Signal
}

// NewFake returns a Fake to which nobody listens and that ignores nothing.
func NewFake() *Fake { return new(Fake) }

// Send makes sig arrive at everyone who asked for it, and reports whether there
// was anyone. False stands for the default action: for most signals, death.
// Like the operating system it does not wait: a full channel misses the signal,
// and receivers get to run later (in a bubble: by synctest.Wait).
func (f *Fake) Send(sig os.Signal) bool {
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
		default:
		}
	}
	return taken
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
	f.ignored = slices.DeleteFunc(f.ignored, func(sig os.Signal) bool { return slices.Contains(sigs, sig) })
	i := slices.IndexFunc(f.subs, func(s subscription) bool { return s.c == c })
	if i < 0 {
		i, f.subs = len(f.subs), append(f.subs, subscription{c: c})
	}
	f.subs[i].sigs = append(f.subs[i].sigs, sigs...)
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
