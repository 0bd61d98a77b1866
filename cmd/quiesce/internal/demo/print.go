// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// A figure is one line of the comparison.
type figure struct {
	name string
	of   func(*Side) string
}

var figures = []figure{
	{"", func(s *Side) string { return titles[s.Name] }},
	{"verdict of the drill", func(s *Side) string { return string(s.Run.Verdict) }},
	{"stops under load", number(func(s *Side) int { return s.Run.Bound.Stops })},
	{"a stop took, at most", (*Side).longest},
	{"requests on the wire", number(func(s *Side) int { return s.Run.Bound.Sent })},
	{"  lost", number(func(s *Side) int { return s.lost(false) })},
	{"event streams cut", number(func(s *Side) int { return s.lost(true) })},
	{"readiness off before the port closed", check("readiness-first")},
	{"new clients served until then", check("delay-served")},
	{"orders acknowledged", number(func(s *Side) int { return s.writes(func(w *record.Writes) int { return w.Acknowledged }) })},
	{"  missing after the restart", number(func(s *Side) int { return s.writes(func(w *record.Writes) int { return len(w.Missing) }) })},
	{"  unpublished when it had ended", number(func(s *Side) int { return s.Outbox.Unpublished })},
	{"  published again by the next", number(func(s *Side) int { return s.Outbox.Again })},
	{"checks that fail", number(func(s *Side) int { return len(s.failed()) })},
}

var titles = map[string]string{"naive": "naive main", "shop": "with quiesce"}

func number(of func(*Side) int) func(*Side) string {
	return func(s *Side) string { return fmt.Sprint(of(s)) }
}

// check is the verdict of one check of the drill.
func check(id string) func(*Side) string {
	return func(s *Side) string {
		for _, c := range s.Run.Checks {
			if c.ID == id {
				return string(c.Verdict)
			}
		}
		return "-"
	}
}

// Print puts both sides next to each other, and says why each has its verdict.
func Print(w io.Writer, naive, shop *Side) error {
	table := tabwriter.NewWriter(w, 0, 0, 4, ' ', 0)
	for _, f := range figures {
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.name, f.of(naive), f.of(shop))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, s := range []*Side{naive, shop} {
		if _, err := fmt.Fprintf(w, "\n%s: %s  %s\n", titles[s.Name], s.Run.Verdict, s.why()); err != nil {
			return err
		}
	}
	return nil
}

// why is the reason of the verdict, with what the outbox adds.
func (s *Side) why() string {
	text := s.Run.Reason
	if n := s.Outbox.Unpublished; n > 0 {
		text += fmt.Sprintf(" %d orders were left unpublished.", n)
	}
	if s.Outbox.Damage != "" {
		text += " The database is damaged: " + s.Outbox.Damage
	}
	return text
}

// lost counts the lost requests of clients that listen to a stream, or of all others.
func (s *Side) lost(streams bool) int {
	var names []string
	for _, l := range s.Run.Setup.Loads {
		if l.Long {
			names = append(names, l.Name)
		}
	}
	n := 0
	for _, r := range s.Run.Rounds {
		for _, l := range r.Loads {
			if slices.Contains(names, l.Name) == streams {
				n += l.Lost
			}
		}
	}
	return n
}

// writes sums up something of the writes of all rounds.
func (s *Side) writes(of func(*record.Writes) int) int {
	n := 0
	for _, r := range s.Run.Rounds {
		if r.Writes != nil {
			n += of(r.Writes)
		}
	}
	return n
}

func (s *Side) longest() string {
	var longest time.Duration
	for _, r := range s.Run.Rounds {
		if r.Signalled >= 0 {
			longest = max(longest, r.Exited-r.Signalled)
		}
	}
	return longest.Round(time.Millisecond).String()
}

// failed returns the ids of the checks that do not hold.
func (s *Side) failed() []string {
	var ids []string
	for _, c := range s.Run.Checks {
		if c.Verdict == record.Fail {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
