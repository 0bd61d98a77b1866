// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce"
)

// A Plan is that of a server's stop.
type Plan struct {
	Name string // what runs it in the manifests; may be empty
	Path string // of the binary or of the JSON file, as the user named it

	// Ask returns the plan as the server makes it with these variables added to its
	// environment. It is not called twice for the same ones.
	Ask func(env []string) (*quiesce.Plan, error)

	answers map[string]answer
	used    bool
}

type answer struct {
	plan *quiesce.Plan
	err  error
}

// In returns the plan in an environment, nil if there is none. That there is none is
// reported once.
func (p *Plan) In(w *World, env ...string) *quiesce.Plan {
	key := strings.Join(env, "\x00")
	a, ok := p.answers[key]
	if !ok {
		if a.plan, a.err = p.Ask(env); a.err != nil {
			w.Problem(a.err)
		}
		if p.answers == nil {
			p.answers = map[string]answer{}
		}
		p.answers[key] = a
	}
	return a.plan
}

// names are those by which the plan is found.
func (p *Plan) names(w *World, env []string) []string {
	if p.Name != "" {
		return []string{p.Name}
	}
	base := path.Base(strings.ReplaceAll(p.Path, "\\", "/"))
	for _, ending := range []string{".json", ".exe", ".plan"} {
		base = strings.TrimSuffix(base, ending)
	}
	names := []string{base}
	if plan := p.In(w, env...); plan != nil && plan.App != "" {
		names = append(names, plan.App)
	}
	return names
}

// Chain says what a plan's worst case is made of: "plan of shop 20s (announce 5s, drain
// 13s, stop 2s; http > db)".
func Chain(p *quiesce.Plan) string {
	var parts []string
	for _, phase := range p.Phases {
		if phase.Limit <= 0 {
			continue
		}
		name := fmt.Sprint(phase.Phase)
		if phase.Outer {
			name = "outer " + name
		}
		parts = append(parts, fmt.Sprintf("%s %v", name, phase.Limit.Round(time.Millisecond)))
	}
	inner := strings.Join(parts, ", ")
	if len(p.CriticalPath) > 0 {
		inner += "; longest chain " + strings.Join(p.CriticalPath, " > ")
	}
	text := fmt.Sprintf("the plan of %s %v", p.App, p.WorstCase.Round(time.Millisecond))
	if inner != "" {
		text += " (" + strings.TrimPrefix(inner, "; ") + ")"
	}
	return text
}
