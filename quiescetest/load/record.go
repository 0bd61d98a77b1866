// SPDX-License-Identifier: Apache-2.0

package load

import (
	"iter"
	"time"
)

// A Record is what is kept of an attempt, if [Config.Records] says so. Times are
// since [Session.Began]; the latency of an open load is from Due, when it was to
// begin, and not from when its caller came to it.
type Record struct {
	Due     time.Duration // when it was to begin; in a closed load without think time, when it began
	Sent    time.Duration // when its first byte was about to be written; 0: nothing was
	Done    time.Duration // when its end was known
	Caller  uint32        // of its load, from 0
	Status  uint16        // of HTTP; 0: there was none
	Outcome Outcome       // how it ended
	Fresh   bool          // the first on its connection
}

const (
	firstChunk = 64   // records
	lastChunk  = 1024 // records: 32 KiB
	someChunks = 8    // before there is a longer list of them
)

// records are kept in chunks, the later ones larger, that are never copied: what
// grows without end costs no request a pause.
type records struct{ chunks [][]Record }

func (r *records) add(rec Record) {
	n := len(r.chunks)
	if n == 0 {
		r.chunks = make([][]Record, 0, someChunks)
	}
	if n == 0 || len(r.chunks[n-1]) == cap(r.chunks[n-1]) {
		r.chunks = append(r.chunks, make([]Record, 0, min(firstChunk<<min(2*n, 16), lastChunk)))
		n++
	}
	last := &r.chunks[n-1]
	*last = append(*last, rec)
}

func (r *records) all(yield func(Record) bool) bool {
	for _, chunk := range r.chunks {
		for _, rec := range chunk {
			if !yield(rec) {
				return false
			}
		}
	}
	return true
}

// Records returns what was kept of a load's attempts, one caller's after the
// other's, each in order. It is to be called after [Session.Finish] or
// [Session.Close].
func (s *Session) Records(load int) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for _, c := range s.loads[load].callers {
			if !c.records.all(yield) {
				return
			}
		}
	}
}

// DefaultFailures is how many failures a [Session] keeps unless its Config says
// otherwise.
const DefaultFailures = 1000

// A Failure is an attempt that was not OK.
type Failure struct {
	Load string // its name
	Record
	ID  string // from [Request.IDs]
	Err error  // what went wrong
}

// Failures returns the first [Config.Failures] attempts that were not OK, in the
// order in which they ended.
func (s *Session) Failures() []Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Failure(nil), s.failures...)
}

func (s *Session) failed(f Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failures) < s.config.Failures {
		s.failures = append(s.failures, f)
	}
}
