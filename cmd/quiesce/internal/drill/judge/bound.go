// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"fmt"
	"math"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// confidence of the bounds.
const confidence = 0.95

// upperBound returns the share that is exceeded with a probability of 5 % at most if
// none of n independent trials showed it: the p for which (1-p)^n is 0.05. It is about
// 3/n for a large n, less for a small one, and 1 for none.
func upperBound(n int) float64 {
	if n <= 0 {
		return 1
	}
	return -math.Expm1(math.Log1p(-confidence) / float64(n))
}

// bound counts the stops that could have lost something, and what they have lost.
// Requests around one stop share its fate and are not independent; stops are, so that
// the bound over them is the one to rely on.
func (e *evidence) bound() record.Bound {
	var b record.Bound
	for _, r := range e.rounds {
		around := 0
		for i := range r.Loads {
			b.Sent += r.Loads[i].Sent
			around += exposed(&r.Loads[i])
		}
		b.Lost += lostIn(r)
		if asked(r) && around > 0 {
			b.Stops++
			b.Window += around
		}
	}
	if b.Lost == 0 {
		b.Requests, b.StopsP = upperBound(b.Window), upperBound(b.Stops)
	}
	return b
}

// boundText returns what the bound says, without a full stop.
func boundText(b record.Bound) string {
	return fmt.Sprintf("None of %s around %s was lost: with 95 %% confidence at most 1 request in %s, and 1 stop in %s, loses anything",
		plural(b.Window, "request"), plural(b.Stops, "stop"), count(oneIn(b.Requests)), count(oneIn(b.StopsP)))
}

// oneIn returns the n of "at most 1 in n", rounded down so that it is not too good.
func oneIn(p float64) int {
	if p <= 0 {
		return 0
	}
	return int(1 / p)
}
