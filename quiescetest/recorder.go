// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"slices"
	"sync"

	"github.com/go-quiesce/quiesce"
)

// A Recorder keeps the events of one app and can hold the app up. Make one with
// [NewRecorder], or take the runner's. All methods are safe for concurrent use.
type Recorder struct {
	needs map[string][]string // who needs whom; set before the app runs

	mu      sync.Mutex
	changed sync.Cond             // a record came
	records []quiesce.Record      // guarded by mu
	stopped bool                  // guarded by mu: the last record came
	befores []func(quiesce.Event) // guarded by mu, copied on write
	holds   []func()              // guarded by mu: releases
}

// NewRecorder returns a recorder without events.
func NewRecorder() *Recorder {
	r := &Recorder{}
	r.changed.L = &r.mu
	return r
}

// Handle keeps a record. It makes the recorder a [quiesce.Sink].
func (r *Recorder) Handle(rec quiesce.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, rec)
	if s, ok := rec.Event.(quiesce.StateChanged); ok && s.To == quiesce.StateStopped {
		r.stopped = true
	}
	r.changed.Broadcast()
}

// ended says that the app's Run has returned: if it has made no event at all,
// because it had been stopped before, there will be none.
func (r *Recorder) ended() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = r.stopped || len(r.records) == 0
	r.changed.Broadcast()
}

// Records returns the records so far, in order. An event is recorded shortly
// after it happened; in a bubble, synctest.Wait waits for that.
func (r *Recorder) Records() []quiesce.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.records)
}

// Events returns the events so far, in order.
func (r *Recorder) Events() []quiesce.Event {
	records := r.Records()
	events := make([]quiesce.Event, len(records))
	for i := range records {
		events[i] = records[i].Event
	}
	return events
}

// Await waits for the first event that matches, or returns it if it is there
// already. It returns false if the app has stopped without one.
func (r *Recorder) Await(match func(quiesce.Event) bool) (quiesce.Record, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for next := 0; ; r.changed.Wait() {
		for ; next < len(r.records); next++ {
			if rec := r.records[next]; match(rec.Event) {
				return rec, true
			}
		}
		if r.stopped {
			return quiesce.Record{}, false
		}
	}
}

// Before has f called before something happens, on the goroutine that is about
// to make it happen and goes on when f returns: with HookBegun before a hook is
// called, HookEnded when it has come back and before the app learns of that,
// StopRequested before a Shutdown, a first signal or the end of Run's context
// takes effect, and PhaseBegun before a phase of the stop. Times, causes and
// outcomes are not known yet and are left out. f may be called by several
// goroutines at once. No lock is held: f may call the app.
func (r *Recorder) Before(f func(quiesce.Event)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.befores = append(slices.Clip(r.befores), f)
}

// Hold stops the first thing that matches just before it happens; see
// [Recorder.Before]. Reached is closed when it has got there, and it goes on
// when release is called, or when the test is over. Release may be called at
// any time and more than once. The app's clock goes on meanwhile: a hook that is
// held is abandoned at its deadline like any other.
func (r *Recorder) Hold(match func(quiesce.Event) bool) (reached <-chan struct{}, release func()) {
	arrived, released := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(released) })
	var first sync.Once
	r.Before(func(e quiesce.Event) {
		if !match(e) {
			return
		}
		first.Do(func() {
			close(arrived)
			<-released
		})
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holds = append(r.holds, release)
	return arrived, release
}

// before is what the app calls; see seam.Before.
func (r *Recorder) before(event any) {
	e, ok := event.(quiesce.Event)
	if !ok {
		return
	}
	r.mu.Lock()
	befores := r.befores
	r.mu.Unlock()
	for _, f := range befores {
		f(e)
	}
}

func (r *Recorder) releaseAll() {
	r.mu.Lock()
	holds := r.holds
	r.mu.Unlock()
	for _, release := range holds {
		release()
	}
}
