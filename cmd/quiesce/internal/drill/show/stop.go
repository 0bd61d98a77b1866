// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// StopText prints the report of one stop, as the server itself would.
func StopText(w io.Writer, r *quiesce.Report) error {
	_, err := io.WriteString(w, strings.Join(cleanLines(r.Text()), "\n")+"\n")
	return err
}

// StopJSON prints the report of one stop as a server keeps it.
func StopJSON(w io.Writer, r *quiesce.Report) error {
	data, err := json.MarshalIndent(r, "", "  ")
	return writeJSON(w, data, err)
}

// StopMarkdown prints the report of one stop for a comment.
func StopMarkdown(w io.Writer, r *quiesce.Report) error {
	verdict, word := stopVerdict(r)
	head, timeline, _ := strings.Cut(strings.Join(cleanLines(r.Text()), "\n"), "\n")
	_, err := fmt.Fprintf(w, "## %s %s: %s\n\n%s", symbol(verdict), word, mark(strings.TrimPrefix(head, "quiesce: ")), fence("text", timeline))
	return err
}

// StopHTML prints the report of one stop as a page like the drill's.
func StopHTML(w io.Writer, r *quiesce.Report) error {
	verdict, word := stopVerdict(r)
	round := stopRound(r)
	p := (&view{Run: &record.Run{}}).pageRound(round)
	p.First, p.Heading, p.Title, p.Ending, p.Class = true, "Timeline", "from the request to the end", "", ""
	p.Troubles = nil // they are in the text
	var rounds strings.Builder
	if err := pageTemplate().ExecuteTemplate(&rounds, "round", p); err != nil {
		return err
	}
	head, text, _ := strings.Cut(strings.Join(cleanLines(r.Text()), "\n"), "\n")
	return pageTemplate().ExecuteTemplate(w, "page", &page{
		Brand: "stop", Policy: policy(), Verdict: word, Class: class(verdict), Target: clean(r.App),
		Reason: strings.TrimPrefix(head, "quiesce: "), Style: template.CSS(pageCSS), Script: template.JS(pageJS),
		Tiles: stopTiles(r), Rounds: template.HTML(rounds.String()), Text: text,
		Footer: fmt.Sprintf("pid %d · %s · preset %s · report schema %d", r.PID, r.Began.UTC().Format("2006-01-02 15:04:05 UTC"), clean(r.Preset), r.Schema),
	})
}

func stopVerdict(r *quiesce.Report) (record.Verdict, string) {
	switch {
	case r.State != quiesce.StateStopped:
		return record.Inconclusive, "NOT OVER"
	case r.Forced >= 0:
		return record.Fail, "FORCED"
	case !r.Clean:
		return record.Fail, "NOT CLEAN"
	}
	return record.Pass, "CLEAN"
}

func stopTiles(r *quiesce.Report) []tile {
	bad := 0
	for _, h := range r.Hooks {
		if h.Outcome != quiesce.OK && h.Outcome != quiesce.Pending && !h.Echo && !h.BestEffort {
			bad++
		}
	}
	cause := tile{"Cause", "–", "nobody has asked for the stop", false}
	if len(r.Causes) > 0 {
		cause = tile{"Cause", clean(cmp.Or(r.Causes[0].Signal, string(r.Causes[0].Kind))), clean(r.Causes[0].Text), false}
	}
	budget := "no grace period"
	if r.Grace > 0 {
		budget = fmt.Sprintf("%s of %s", percent(float64(r.Took)/float64(r.Grace)), short(r.Grace))
	}
	return []tile{
		cause,
		{"Time to stop", short(r.Took), budget, false},
		{"Hooks", count(len(r.Hooks)), fmt.Sprintf("%s not well", count(bad)), bad > 0},
		{"Exit code", count(r.Code), "", r.Code != 0},
	}
}

// stopRound is a round of which only the server has told.
func stopRound(r *quiesce.Report) *record.Round {
	round := &record.Round{Exited: r.Took, Exit: record.Exit{Code: r.Code}, Inside: Inside(r, 0)}
	mark := func(what string, at time.Duration) {
		if at >= 0 {
			round.Marks = append(round.Marks, record.Mark{What: record.MarkKind(what), At: at})
		}
	}
	mark("stop asked for", 0)
	mark("hurried", r.Hurried)
	mark("forced", r.Forced)
	for _, c := range r.Causes[min(1, len(r.Causes)):] {
		mark(c.Text, c.At)
	}
	if r.State == quiesce.StateStopped {
		mark("stopped", r.Took)
	}
	return round
}

// Inside is a server's own report on the clock of a round in which its stop began at
// the offset. What was before the stop and what did not run is left out.
func Inside(r *quiesce.Report, offset time.Duration) *record.Inside {
	in := &record.Inside{App: r.App, Offset: offset, Notes: r.Notes}
	if len(r.Causes) > 0 {
		in.Cause = r.Causes[0].Text
	}
	for _, p := range r.Phases {
		if p.Phase == quiesce.PhaseStart {
			continue
		}
		name := p.Phase.String()
		if p.Outer {
			name += " (outer)"
		}
		in.Phases = append(in.Phases, record.Span{Name: name, Began: offset + p.Began, Took: p.Took, Allowed: p.Limit})
	}
	for _, h := range r.Hooks {
		if h.Outcome == quiesce.Pending || h.Phase == quiesce.PhaseStart && h.Outcome == quiesce.OK {
			continue
		}
		s := record.Span{
			Name: fmt.Sprintf("%s %q", h.Hook, h.Component), Place: h.Place, Began: offset + h.Began, Took: h.Took,
			Allowed: h.Allowed, Outcome: h.Outcome.String(), Error: cmp.Or(h.Error, h.Reason),
		}
		if h.Hook == quiesce.HookRun && h.Allowed == 0 { // it ended unasked: its whole life is in the report
			s.Began, s.Took = s.Began+s.Took, 0
		}
		in.Hooks = append(in.Hooks, s)
	}
	return in
}
