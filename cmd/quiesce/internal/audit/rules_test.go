// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// auditText audits one file.
func auditText(t *testing.T, name, text string, o Options) *finding.Report {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Paths = []string{file}
	r, err := Run(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// planOf is a plan that needs no server.
func planOf(t *testing.T, data []byte) *manifest.Plan {
	t.Helper()
	p := new(quiesce.Plan)
	if err := json.Unmarshal(data, p); err != nil {
		t.Fatal(err)
	}
	return &manifest.Plan{Path: "shop", Ask: func([]string) (*quiesce.Plan, error) { return p, nil }}
}

// found lists the findings as "line rule".
func foundIn(r *finding.Report) []string {
	var out []string
	for _, p := range r.Problems {
		out = append(out, fmt.Sprintf("%d problem: %s", p.Line, p.Text))
	}
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%d %s: %s", f.Line, f.Rule, f.Message))
	}
	return out
}

// TestExamples: nothing is wrong with a good example, and with a bad one exactly what it
// is for.
func TestExamples(t *testing.T) {
	for _, e := range Catalog() {
		audit := func(t *testing.T, x Example) *finding.Report {
			o := Options{}
			if e.Plan != nil {
				o.Plans = []*manifest.Plan{planOf(t, e.Plan)}
			}
			return auditText(t, x.Name, x.Text, o)
		}
		for _, x := range e.Good {
			t.Run(e.ID+"/"+x.Name, func(t *testing.T) {
				if got := foundIn(audit(t, x)); len(got) > 0 {
					t.Errorf("found in a good example:\n%s", strings.Join(got, "\n"))
				}
			})
		}
		for _, x := range e.Bad {
			t.Run(e.ID+"/"+x.Name, func(t *testing.T) {
				r := audit(t, x)
				if len(r.Problems) > 0 || len(r.Findings) != 1 || r.Findings[0].Rule != e.ID || r.Findings[0].Line < 2 {
					t.Errorf("want one finding of %s, got\n%s", e.ID, strings.Join(foundIn(r), "\n"))
				}
			})
		}
	}
}

// TestRulesHaveChecks: each rule has one check, and each check a rule with all its texts.
func TestRulesHaveChecks(t *testing.T) {
	var checks, rules []string
	for _, k := range Kinds() {
		for _, id := range k.Checks() {
			checks = append(checks, k.Name()+"/"+id)
		}
	}
	for _, e := range Catalog() {
		rules = append(rules, e.Kind+"/"+e.ID)
		if e.Title == "" || e.Why == "" || e.Fix == "" || e.Pack == "" || !slices.Contains(severities[:3], e.Severity) {
			t.Errorf("rule %s lacks a text: %+v", e.ID, e)
		}
	}
	slices.Sort(checks)
	slices.Sort(rules)
	if !slices.Equal(checks, rules) {
		t.Errorf("checks are\n%v\nrules are\n%v", checks, rules)
	}
}

func TestLookup(t *testing.T) {
	e, ok := Lookup("grace-too-short")
	if !ok || e.Pack != "grace" {
		t.Errorf("Lookup found %+v, %v", e, ok)
	}
	if _, ok := Lookup("nonsense"); ok {
		t.Error("Lookup found nonsense")
	}
	for _, want := range []string{"\nWHY\n", "\nFIX\n", "\nWRONG\n", "\nRIGHT\n", "\nTHE PLAN\n", "\nOFF\n", "terminationGracePeriodSeconds: 25"} {
		if !strings.Contains(e.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, e)
		}
	}
}

const page = "../../../../docs/reference/audit-rules.md"

// TestPage: the page is that of the rules; -update writes it.
func TestPage(t *testing.T) {
	want := renderPage()
	if *update {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not that of the rules; write it anew with -update", page)
	}
}

func renderPage() []byte {
	b := bytes.NewBufferString(pageHead)
	pack := ""
	for _, e := range Catalog() {
		if e.Pack != pack {
			pack = e.Pack
			fmt.Fprintf(b, "| **%s** | | |\n", pack)
		}
		fmt.Fprintf(b, "| [%s](#%s) | %s | %s |\n", e.ID, e.ID, e.Severity, e.Title)
	}
	for _, e := range Catalog() {
		fmt.Fprintf(b, "\n## %s\n\n%s", e.ID, e.Markdown("###"))
	}
	return b.Bytes()
}
