// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// A Custom is a rule of a user: an expression in CEL over the decoded object, as in a
// ValidatingAdmissionPolicy, which is to be true.
type Custom struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Severity   string   `json:"severity"` // warning unless set
	Pack       string   `json:"pack"`
	Kinds      []string `json:"kinds"`      // of objects, such as Deployment; none is all
	Expression string   `json:"expression"` // such as has(object.spec.replicas)
	Message    string   `json:"message"`
	At         string   `json:"at"` // where in the object, such as spec.replicas
	Why        string   `json:"why"`
	Fix        string   `json:"fix"`

	program cel.Program
}

// mostCost bounds an evaluation, which takes a tenth of a second then. An expression over all
// fields of a large object costs some thousands.
const mostCost = 1_000_000

var ruleID = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// checkCustom compiles the rules of the user.
func (c *Config) checkCustom(fail failure) {
	if len(c.Custom) == 0 {
		return
	}
	env, err := cel.NewEnv(cel.Variable("object", cel.DynType), ext.Strings(), ext.Lists(), ext.Sets())
	if err != nil {
		fail([]any{"custom"}, "%v", err)
		return
	}
	for i, r := range c.Custom {
		if r == nil {
			fail([]any{"custom", i}, "an empty rule")
			c.Custom[i] = new(Custom)
			continue
		}
		c.checkForm(i, fail)
		if r.program, err = compile(env, r.Expression); err != nil {
			fail([]any{"custom", i, "expression"}, "rule %s: %v", r.ID, err)
		}
	}
}

func (c *Config) checkForm(i int, fail failure) {
	r := c.Custom[i]
	if r.Severity == "" {
		r.Severity = string(finding.Warning)
	}
	_, bundled := Lookup(r.ID)
	twice := slices.ContainsFunc(c.Custom[:i], func(other *Custom) bool { return other.ID == r.ID })
	switch {
	case !ruleID.MatchString(r.ID):
		fail([]any{"custom", i, "id"}, "id %q: want a name of small letters, digits and dashes", r.ID)
	case bundled || twice:
		fail([]any{"custom", i, "id"}, "there is a rule %s already", r.ID)
	case !slices.Contains(severities, r.Severity):
		fail([]any{"custom", i, "severity"}, "rule %s: %q: want one of %s", r.ID, r.Severity, strings.Join(severities, ", "))
	}
	if r.Message == "" {
		fail([]any{"custom", i}, "rule %s has no message", r.ID)
	}
}

func compile(env *cel.Env, expression string) (cel.Program, error) {
	if strings.TrimSpace(expression) == "" {
		return nil, fmt.Errorf("no expression")
	}
	ast, issues := env.Compile(expression)
	if err := issues.Err(); err != nil {
		return nil, fmt.Errorf("%s", strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", " "))
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("the expression is %s, and not true or false", t)
	}
	return env.Program(ast, cel.CostLimit(mostCost))
}

func (r *Custom) entry() Entry {
	title := r.Title
	if title == "" {
		title = r.Message
	}
	return Entry{ID: r.ID, Title: title, Severity: r.Severity, Pack: r.Pack, Why: r.Why, Fix: r.Fix}
}

// custom applies the rules of the user to documents. An expression that cannot be evaluated
// is a problem of the configuration, said once for a rule.
func (c *Config) custom(docs []*manifest.Document, report manifest.Report) []finding.Problem {
	var problems []finding.Problem
	for _, r := range c.Custom {
		if _, severity := c.rule(r.ID); severity == off {
			continue
		}
		if p := r.apply(docs, report); p != nil {
			problems = append(problems, *p)
		}
	}
	return problems
}

// apply applies a rule, and returns what is wrong with it. One that costs too much is not tried
// again.
func (r *Custom) apply(docs []*manifest.Document, report manifest.Report) *finding.Problem {
	var first *finding.Problem
	more := 0
	for _, d := range docs {
		if len(r.Kinds) > 0 && !slices.Contains(r.Kinds, d.Type) {
			continue
		}
		switch ok, err := r.holds(d.Generic); {
		case err != nil && first != nil:
			more++
		case err != nil:
			first = &finding.Problem{File: d.File, Line: d.Line, Text: fmt.Sprintf("%s: rule %s: %v", d.Name, r.ID, err)}
			switch {
			case strings.Contains(err.Error(), "no such key"):
				first.Text += "; does the expression ask has() first?"
			case strings.Contains(err.Error(), "cost limit"):
				first.Text += "; the rule is not applied to what follows"
				return first
			}
		case !ok:
			report(manifest.Finding{Rule: r.ID, Doc: d, Path: pathOf(r.At), Message: d.Name + ": " + r.Message})
		}
	}
	if more > 0 {
		first.Text += fmt.Sprintf("; so it is with %d more", more)
	}
	return first
}

func (r *Custom) holds(object any) (bool, error) {
	out, _, err := r.program.Eval(map[string]any{"object": object})
	if err != nil {
		return false, err
	}
	ok, isBool := out.Value().(bool)
	if !isBool {
		return false, fmt.Errorf("the expression is %v, and not true or false", out.Type())
	}
	return ok, nil
}

// pathOf reads a path such as spec.containers[0].image or spec.containers.0.image.
func pathOf(at string) []any {
	var out []any
	for part := range strings.FieldsFuncSeq(at, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		if i, err := strconv.Atoi(part); err == nil && i >= 0 {
			out = append(out, i)
		} else {
			out = append(out, part)
		}
	}
	return out
}
