// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"fmt"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// clockSlack is by how much the server's clock and ours may differ: the begin of its
// stop is told in wall time.
const clockSlack = time.Millisecond

// A suspect is a hook that may have caused what was seen.
type suspect struct {
	hook *record.Span
	text string
}

// How much a hook that ended so is to blame for what went wrong then or later.
const (
	innocent = iota
	ran      // it was running, and nothing is known against it
	errored  // it ended with an error, or did not end as a hook does
	cut      // its time was over: what it had open was closed, or left to its fate
)

// blame returns the hook that is to blame by the server's own report for what was
// seen at that time, nil if it says none: one that was cut or abandoned by then, one
// that went wrong by then, or the youngest that was running.
func blame(in *record.Inside, at time.Duration) *suspect {
	if in == nil {
		return nil
	}
	var hook *record.Span
	worst := innocent
	for i := range in.Hooks {
		h := &in.Hooks[i]
		g := guilt(in, h, at)
		if g > worst || g == worst && g > innocent && younger(g, h, hook) {
			hook, worst = h, g
		}
	}
	if hook == nil {
		return nil
	}
	return &suspect{hook, accusation(hook, worst, at)}
}

func guilt(in *record.Inside, h *record.Span, at time.Duration) int {
	if h.Began > at+clockSlack {
		return innocent
	}
	switch h.Outcome {
	case "timed-out", "abandoned":
		return cut
	case "failed", "panicked", "exited":
		return errored
	case "skipped", "pending":
		return innocent
	}
	// A hook that was there before the stop is a Run that serves: it is always running.
	if h.Began+clockSlack < in.Offset || h.Began+h.Took+clockSlack < at {
		return innocent
	}
	return ran
}

// younger reports whether h says more than other, which is as guilty: of the hooks
// that were running the last to begin, of those that went wrong the last to end.
func younger(g int, h, other *record.Span) bool {
	if g == ran {
		return h.Began > other.Began
	}
	return h.Began+h.Took > other.Began+other.Took
}

func accusation(h *record.Span, g int, at time.Duration) string {
	switch end := h.Began + h.Took; {
	case g == ran:
		return fmt.Sprintf("while %s was running", h.Name)
	case h.Outcome == "timed-out":
		return fmt.Sprintf("and %s was cut after %s", h.Name, short(h.Took))
	case h.Outcome == "abandoned":
		return fmt.Sprintf("and %s was abandoned after %s", h.Name, short(h.Took))
	case end < at:
		return fmt.Sprintf("after %s had %s%s", h.Name, h.Outcome, cause(h))
	}
	return fmt.Sprintf("while %s was running, which %s%s", h.Name, h.Outcome, cause(h))
}

func cause(h *record.Span) string {
	if h.Error == "" {
		return ""
	}
	return " (" + h.Error + ")"
}
