// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

func leftRules() []rule {
	return []rule{
		leftRule("no-process-left", "process", record.LeftProcess),
		leftRule("no-zombie-left", "zombie", record.LeftZombie),
		leftRule("no-socket-left", "socket", record.LeftSocket, record.LeftUnix),
		leftRule("no-file-left", "file", record.LeftFile),
	}
}

func leftRule(id, what string, kinds ...record.LeftoverKind) rule {
	return rule{id, func(e *evidence, c *check) { nothingLeft(e, c, what, kinds) }}
}

// nothingLeft looks at servers that had the chance to tidy up.
func nothingLeft(e *evidence, c *check, what string, kinds []record.LeftoverKind) {
	looked := 0
	for _, r := range e.rounds {
		if r.Exit.Killed || r.Exited < 0 {
			continue
		}
		looked++
		for _, l := range r.Left {
			if slices.Contains(kinds, l.Kind) && !excused(r, l.Kind) {
				c.fail(r, r.Exited, "%s was left", l.What)
			}
		}
	}
	switch {
	case e.attached():
		c.untried = "The drill did not start the server, and cannot tell what is its."
	case looked == 0 && e.setup.Mode == record.Upgrade && len(e.rounds) > 0:
		c.untried = "It replaced itself and kept its pid."
	case looked == 0:
		c.doubt("it never ended by itself")
	}
	c.hold("no %s was there when it had ended, in %s", what, plural(looked, "stop"))
}

// excused reports whether a stop that was cut short may leave such a thing.
func excused(r *record.Round, kind record.LeftoverKind) bool {
	return forced(r.Schedule.Situation) && (kind == record.LeftFile || kind == record.LeftUnix)
}
