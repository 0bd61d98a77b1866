// SPDX-License-Identifier: Apache-2.0

package judge

import "github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"

// writesSurvive fails for a write that was acknowledged and is not there, and for one
// that is there although the client was told that it was not begun.
func writesSurvive(e *evidence, c *check) {
	acknowledged, unread, missing, appeared, stops, forgotten := 0, 0, 0, 0, 0, 0
	for _, r := range e.rounds {
		w := r.Writes
		if w == nil {
			forgotten += written(r)
			continue
		}
		stops++
		acknowledged += w.Acknowledged
		unread += w.Unread
		missing += len(w.Missing)
		appeared += len(w.Appeared)
		for _, id := range w.Missing {
			c.fail(r, e.ended(r), "%s was acknowledged and is gone", id)
		}
		for _, id := range w.Appeared {
			c.fail(r, e.ended(r), "%s was refused and is there", id)
		}
	}
	switch {
	case missing+appeared > 0:
		c.failed("of %s %s gone after the restart, and %s refused is there", plural(acknowledged, "acknowledged write"), isAre(missing), count(appeared))
	case !e.setup.Writes && stops == 0:
		c.untried = "No writes are set up."
	case forgotten > 0:
		c.doubt("in %s writes were acknowledged and not read back", plural(forgotten, "round"))
	case unread > 0:
		c.doubt("%s could not be read back", plural(unread, "acknowledged write"))
	case acknowledged == 0:
		c.doubt("no write was acknowledged and read back")
	}
	c.hold("all %s were read back after %s", plural(acknowledged, "acknowledged write"), plural(stops, "restart"))
}

// written returns 1 if writes were acknowledged in r, else 0.
func written(r *record.Round) int {
	for i := range r.Loads {
		if l := &r.Loads[i]; l.Name == "write" && l.Answered > 0 {
			return 1
		}
	}
	return 0
}

func isAre(n int) string {
	if n == 1 {
		return "1 is"
	}
	return count(n) + " are"
}
