// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// A Measure is a number that each stop has: a [load.Outcome] is how many requests
// ended so, a [load.Class] how many ended with an outcome of it, a [Count] is another.
type Measure interface {
	String() string           // its name in an error
	In(t *load.Tally) float64 // the number in t
}

// A Count is a [Measure] that is not about how requests ended.
type Count uint8

const (
	// Reconnects is how many connections were made in the place of another, for
	// each that the callers keep: at least 1 if a successor takes over.
	Reconnects Count = iota
	// ToldToLeave is how many answers said "Connection: close".
	ToldToLeave
	// GoAways is how many connections got a GOAWAY.
	GoAways
	// FoundClosed is how many connections were found closed before they were used
	// again.
	FoundClosed
)

// String returns the name: "reconnects per connection", "told to leave" and so on.
func (c Count) String() string {
	return [...]string{"reconnects per connection", "told to leave", "connections that got a GOAWAY", "connections found closed"}[c]
}

// In returns the number in t.
func (c Count) In(t *load.Tally) float64 {
	n := [...]int{t.Reconnects, t.Told, t.GoAways, t.FoundClosed}[c]
	if c == Reconnects {
		return float64(n) / float64(max(t.Connections, 1))
	}
	return float64(n)
}

// A Limit is what [Result.Hold] checks.
type Limit struct{ check func(*Result) error }

// Max limits m in every stop.
func Max(m Measure, limit float64) Limit {
	return Limit{func(r *Result) error {
		var errs []error
		for i, n := range r.values(m) {
			if n > limit {
				errs = append(errs, fmt.Errorf("stop %d: %v: %.4g, at most %.4g", i+1, m, n, limit))
			}
		}
		return errors.Join(errs...)
	}}
}

// Median limits m in the median of the stops; of an even number of stops, in the
// upper one. Noise in a few of them does not fail it.
func Median(m Measure, limit float64) Limit {
	return Limit{func(r *Result) error {
		v := slices.Sorted(slices.Values(r.values(m)))
		if n := v[len(v)/2]; n > limit {
			return fmt.Errorf("%v: %.4g in the median stop, at most %.4g", m, n, limit)
		}
		return nil
	}}
}

// Sum limits m in all stops together: 1 lost in 20 stops, say.
func Sum(m Measure, limit float64) Limit {
	return Limit{func(r *Result) error {
		total := r.Total()
		if n := m.In(&total); n > limit {
			return fmt.Errorf("%v: %.4g in %d stops, at most %.4g", m, n, len(r.Stops), limit)
		}
		return nil
	}}
}

// MaxGap limits the time without an answer to anyone, in every stop. Callers that
// think are part of it.
func MaxGap(limit time.Duration) Limit {
	return Limit{func(r *Result) error {
		var errs []error
		for i, s := range r.Stops {
			if s.Gap > limit {
				errs = append(errs, fmt.Errorf("stop %d: %v without an answer, at most %v", i+1, s.Gap.Round(time.Millisecond), limit))
			}
		}
		return errors.Join(errs...)
	}}
}

func (r *Result) values(m Measure) []float64 {
	var out []float64
	for i := range r.Stops {
		total := r.Stops[i].Total()
		out = append(out, m.In(&total))
	}
	return out
}

// Check returns an error that names every limit that does not hold. Whatever the
// limits, it returns one if no stop was made, if callers were not served after a
// stop, and if this machine, not the server, was at its limit ([load.ClientLimit]): a
// result like that says nothing about losses.
func (r *Result) Check(limits ...Limit) error {
	if len(r.Stops) == 0 {
		return errors.New("drops: no stop was made")
	}
	var errs []error
	total := r.Total()
	switch {
	case total.Answered == 0:
		errs = append(errs, errors.New("nothing was answered"))
	case total.Unserved > 0:
		errs = append(errs, fmt.Errorf("%d callers were not served after a stop", total.Unserved))
	case total.Outcomes[load.ClientLimit] > 0:
		errs = append(errs, fmt.Errorf("%d times this machine was out of files or ports", total.Outcomes[load.ClientLimit]))
	}
	for _, l := range limits {
		errs = append(errs, l.check(r))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("drops: %w", err)
	}
	return nil
}

// Hold is [Result.Check] for a test, which fails with the table if there is an
// error. Its t is a testing.TB.
func (r *Result) Hold(t interface {
	Helper()
	Errorf(format string, args ...any)
}, limits ...Limit,
) {
	t.Helper()
	if err := r.Check(limits...); err != nil {
		t.Errorf("%v\n%s", err, r)
	}
}
