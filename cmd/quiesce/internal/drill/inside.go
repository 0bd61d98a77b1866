// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// readInside returns what a server built with quiesce says of its own stop, on the
// clock of a round that began then; nil if it says nothing.
func readInside(path string, began time.Time) (*record.Inside, error) {
	var r quiesce.Report
	if ok, err := readJSON(path, &r); !ok || err != nil {
		return nil, err
	}
	if r.Schema != quiesce.ReportSchema {
		return nil, fmt.Errorf("report of schema %d, not %d", r.Schema, quiesce.ReportSchema)
	}
	// The report has the wall clock, and so has our begin: they are on one machine.
	offset := r.Began.Sub(began.Round(0))
	in := &record.Inside{App: r.App, Offset: offset, Notes: r.Notes, Phases: []record.Span{}, Hooks: []record.Span{}}
	if len(r.Causes) > 0 {
		in.Cause = r.Causes[0].Text
	}
	for _, p := range r.Phases {
		in.Phases = append(in.Phases, phaseSpan(&p, offset))
	}
	for _, h := range r.Hooks {
		in.Hooks = append(in.Hooks, hookSpan(&h, offset))
	}
	return in, nil
}

func phaseSpan(p *quiesce.PhaseReport, offset time.Duration) record.Span {
	name := string(p.Phase.String())
	if p.Outer {
		name = "outer " + name
	}
	return record.Span{Name: name, Began: offset + p.Began, Took: p.Took, Allowed: p.Limit}
}

func hookSpan(h *quiesce.HookReport, offset time.Duration) record.Span {
	return record.Span{
		Name: fmt.Sprintf("%s %q", h.Hook, h.Component), Place: h.Place, Began: offset + h.Began, Took: h.Took,
		Allowed: h.Allowed, Outcome: h.Outcome.String(), Error: strings.Join(nonEmpty(h.Error, h.Reason), "; "),
	}
}

func nonEmpty(texts ...string) []string {
	var out []string
	for _, text := range texts {
		if text != "" {
			out = append(out, text)
		}
	}
	return out
}

// readCount returns the server's own count; nil if it tells none.
func readCount(path string) (*record.ServerCount, error) {
	c := new(record.ServerCount)
	if ok, err := readJSON(path, c); !ok || err != nil {
		return nil, err
	}
	return c, nil
}

// readJSON reports whether there is such a file.
func readJSON(path string, into any) (bool, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(data) == 0 {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(data, into)
}
