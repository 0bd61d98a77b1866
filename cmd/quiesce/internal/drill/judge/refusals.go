// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// refusalsClean looks at what those see who come after the listener has closed.
func refusalsClean(e *evidence, c *check) {
	refused := 0
	for _, r := range e.rounds {
		for i := range r.Loads {
			l := &r.Loads[i]
			refused += max(l.Refused, total(l, load.Refused)) + total(l, load.HTTPRefused, load.GoAwayRetryable, load.ResetBeforeWrite)
			if n := total(l, load.TLSFailed); n > 0 {
				c.fail(r, closedAt(r), "%s: %s broken off in the handshake", l.Name, were(n, "connection"))
			}
		}
		for i := range r.Lost {
			if l := &r.Lost[i]; asked(r) && unclean(r, l) {
				c.fail(r, l.Ended, "%s: %s, on a connection made %s", l.Load, outcomeText(l), e.when(r, l.Sent))
			}
		}
	}
	if refused == 0 {
		c.untried = "Nothing was refused."
	}
	c.hold("all %s refused in a way that is safe to retry", were(refused, "request"))
}

// unclean reports whether a request that was lost should have been refused: it came
// after the signal, and was taken in and dropped, or answered with 503 or 429 and
// without Retry-After.
func unclean(r *record.Round, l *record.Lost) bool {
	if l.Sent < r.Signalled {
		return false
	}
	dropped := []string{load.NoResponse.String(), load.ResetAfterWrite.String()}
	return l.Fresh && slices.Contains(dropped, l.Outcome) ||
		l.Outcome == load.HTTPError.String() && (l.Status == 503 || l.Status == 429)
}
