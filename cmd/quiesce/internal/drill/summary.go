// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

const (
	// maxLost is how many lost requests of a round are listed.
	maxLost = 100

	// beforeSignal and afterSignal say for which time around the signal there are
	// buckets.
	beforeSignal = 200 * time.Millisecond
	afterSignal  = 30 * time.Second
)

// A frame says what the times of a load are held against.
type frame struct {
	shift     time.Duration // from the session's clock to the round's
	signalled time.Duration // of the round; negative: never
	gone      time.Duration // when the server was; the round's end if it never was
	succeeded bool          // somebody else serves when the server is gone
}

// A summary collects what one load has seen.
type summary struct {
	frame
	out                record.Load
	all, before, after []time.Duration // latencies
	last               time.Duration   // the last answer, since the round's Began
	firstRefused       time.Duration   // after the signal; 0: none
	buckets            map[int]*record.Bucket
}

func newSummary(f frame, t *load.Tally) *summary {
	return &summary{
		frame: f, buckets: map[int]*record.Bucket{},
		out: record.Load{
			Name: t.Name, Outcomes: map[string]int{},
			Reconnects: t.Reconnects, Told: t.Told, GoAways: t.GoAways,
		},
	}
}

// A fate is what a round counts an attempt as.
type fate uint8

const (
	fateAnswered fate = iota
	fateSafe
	fateRefused
	fateLost
	fateNeither // what is not the server's doing
)

// fateOf classes an attempt. What the load gave up when the server was gone was sent to
// a server that never answered: it is lost. If the server has a successor that has it:
// the end of a process closes its connections.
func (f *frame) fateOf(r *load.Record) fate {
	switch {
	case r.Outcome == load.OK:
		return fateAnswered
	case r.Outcome == load.Refused:
		return fateRefused
	case r.Outcome == load.Abandoned && r.Sent > 0 && !f.succeeded:
		return fateLost
	case r.Outcome.Class() == load.Lost:
		return fateLost
	case r.Outcome.Class() == load.SafeToRetry:
		return fateSafe
	}
	return fateNeither
}

// add counts one attempt.
func (s *summary) add(r *load.Record) {
	due, sent, done := r.Due+s.shift, r.Sent+s.shift, r.Done+s.shift
	s.out.Outcomes[r.Outcome.String()]++
	if r.Sent > 0 {
		s.out.Sent++
		if s.signalled >= 0 && done >= s.signalled && sent <= s.gone {
			s.out.Window++
		}
	}
	b := s.bucket(done)
	switch s.fateOf(r) {
	case fateAnswered:
		s.out.Answered++
		s.last = max(s.last, done)
		s.latency(due, done-due)
		b.Answered++
		b.Slowest = max(b.Slowest, done-due)
	case fateSafe:
		s.out.Safe++
		b.Safe++
	case fateRefused:
		s.out.Refused++
		b.Refused++
		if s.signalled >= 0 && done >= s.signalled && (s.firstRefused == 0 || done < s.firstRefused) {
			s.firstRefused = done
		}
	case fateLost:
		s.out.Lost++
		b.Lost++
	}
}

func (s *summary) latency(due, took time.Duration) {
	s.all = append(s.all, took)
	if s.signalled < 0 || due < s.signalled {
		s.before = append(s.before, took)
	} else {
		s.after = append(s.after, took)
	}
}

// bucket returns the one of a time; one that is not kept if that is too far from the
// signal.
func (s *summary) bucket(at time.Duration) *record.Bucket {
	if s.signalled >= 0 && (at < s.signalled-beforeSignal || at > s.signalled+afterSignal) {
		return new(record.Bucket)
	}
	n := int(at / record.BucketWidth)
	b := s.buckets[n]
	if b == nil {
		b = &record.Bucket{From: time.Duration(n) * record.BucketWidth}
		s.buckets[n] = b
	}
	return b
}

// end returns what the load has seen.
func (s *summary) end() record.Load {
	s.out.Latency, s.out.Before, s.out.After = quantiles(s.all), quantiles(s.before), quantiles(s.after)
	for _, b := range s.buckets {
		s.out.Buckets = append(s.out.Buckets, *b)
	}
	slices.SortFunc(s.out.Buckets, func(a, b record.Bucket) int { return cmp.Compare(a.From, b.From) })
	return s.out
}

// quantiles sorts what it is given. Each is a value that there is, never one between
// two.
func quantiles(of []time.Duration) record.Quantiles {
	n := len(of)
	if n == 0 {
		return record.Quantiles{}
	}
	slices.Sort(of)
	at := func(percent int) time.Duration { return of[(n*percent+99)/100-1] }
	return record.Quantiles{N: n, P50: at(50), P90: at(90), P99: at(99), Max: of[n-1]}
}

// summarize puts into the round what its clients have seen. They have finished.
func (r *round) summarize(gone time.Duration) {
	byName := map[string]record.Load{}
	for _, s := range r.clients.sessions {
		f := frame{s.Began().Sub(r.line.began), r.rec.Signalled, gone, r.Setup.Mode != record.Restart}
		for k, tally := range s.Tallies() {
			one := newSummary(f, &tally)
			for rec := range s.Records(k) {
				one.add(&rec)
			}
			byName[tally.Name] = one.end()
			r.markSeen(one)
		}
		r.addLost(s, f)
		r.addLag(s.Lag())
	}
	for _, name := range r.rec.Schedule.Loads {
		r.rec.Loads = append(r.rec.Loads, byName[name])
	}
	slices.SortStableFunc(r.rec.Lost, func(a, b record.Lost) int { return cmp.Compare(a.Ended, b.Ended) })
	r.rec.Lost = r.rec.Lost[:min(len(r.rec.Lost), maxLost)]
}

// markSeen notes what the clients were the first, or the last, to see.
func (r *round) markSeen(s *summary) {
	if s.firstRefused > 0 {
		r.line.markFirst(record.MarkClosed, s.firstRefused, s.out.Name)
	}
	r.lastAnswer = max(r.lastAnswer, s.last)
}

func (r *round) addLost(s *session, f frame) {
	for _, failure := range s.Failures() {
		if f.fateOf(&failure.Record) != fateLost {
			continue
		}
		lost := record.Lost{
			Load: failure.Load, Outcome: failure.Outcome.String(),
			Due: failure.Due + f.shift, Sent: failure.Sent + f.shift, Ended: failure.Done + f.shift,
			Caller: int(failure.Caller), Fresh: failure.Fresh, Status: int(failure.Status),
		}
		if failure.Err != nil {
			lost.Error = failure.Err.Error()
		}
		r.rec.Lost = append(r.rec.Lost, lost)
	}
}

// addLag keeps the worst of the sessions, and the sum of what was late.
func (r *round) addLag(l load.Lag) {
	out := &r.rec.Lag
	out.N += l.N
	out.Late += l.Late
	out.P50, out.P99, out.Max, out.Busy = max(out.P50, l.P50), max(out.P99, l.P99), max(out.Max, l.Max), max(out.Busy, l.BusyP99)
}
