// SPDX-License-Identifier: Apache-2.0

package vet

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

var update = flag.Bool("update", false, "write docs/reference/vet-checks.md")

const page = "../../../../docs/reference/vet-checks.md"

const pageHead = `# The checks of vet

What each check of ` + "`quiesce vet`" + ` reports, why it matters, and how it is right. ` + "`quiesce explain CHECK`" + ` prints the same, without
a network. [vet.md](../vet.md) says how to run them.

This page is generated from the doc.go of each check in analysis/passes. To write it anew:

	cd cmd/quiesce && go test ./internal/vet -update

| check | |
|---|---|
`

func render() []byte {
	b := bytes.NewBufferString(pageHead)
	for _, e := range Catalog() {
		fmt.Fprintf(b, "| [%s](#%s) | %s |\n", e.ID, e.ID, e.Title)
	}
	for _, e := range Catalog() {
		fmt.Fprintf(b, "\n## %s\n\n%s", e.ID, e.Markdown("###"))
	}
	return b.Bytes()
}

// The page is what the checks say of themselves.
func TestPageIsFresh(t *testing.T) {
	want := render()
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
		t.Error("docs/reference/vet-checks.md is not what the checks say; run with -update")
	}
}

func TestMarkdown(t *testing.T) {
	e := Entry{ID: "x", Title: "report x", Text: "Why.\n\nWrong:\n\n\tif x {\n\t\treturn\n\t}\n\nRight:\n\n\treturn\n\n\tx"}
	want := "report x\n\nWhy.\n\n### Wrong\n\n```go\nif x {\n\treturn\n}\n```\n\n### Right\n\n```go\nreturn\n\nx\n```\n"
	if got := e.Markdown("###"); got != want {
		t.Errorf("Markdown:\n%s\nwant\n%s", got, want)
	}
}

// newParser returns a parser for what the go command prints in a folder.
func newParser(t *testing.T, dir string) *parser {
	t.Helper()
	t.Chdir(dir)
	names, err := finding.NewNames("")
	if err != nil {
		t.Fatal(err)
	}
	return &parser{names: names, tests: true, sources: map[string][]byte{}}
}

// TestUnits reads what go vet printed before Go 1.26: everything on standard error, with
// comments between.
func TestUnits(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.go")
	out := strings.ReplaceAll(`# example.com/m
{
	"example.com/m": {
		"timeafter": [
			{
				"posn": "FILE:9:10",
				"message": "time.After in a loop",
				"related": [
					{
						"posn": "FILE:6:2",
						"message": "the loop"
					}
				]
			}
		]
	}
}
# example.com/m/good
{}
something else
`, "FILE", filepath.ToSlash(file))
	p := newParser(t, dir)
	text := p.units([]byte(out))
	if want := []string{"# example.com/m", "# example.com/m/good", "something else"}; !slices.Equal(text, want) {
		t.Errorf("other lines %q, want %q", text, want)
	}
	if p.err != nil || len(p.found) != 1 {
		t.Fatalf("%d findings, error %v, want one", len(p.found), p.err)
	}
	f := p.found[0]
	if f.File != "a.go" || f.Line != 9 || f.Column != 10 || f.EndLine != 0 || f.Rule != "timeafter" || f.Why != "a.go:6: the loop" {
		t.Errorf("finding %+v", f)
	}
}

// TestFailedCheck tells a check that went wrong from one that found something.
func TestFailedCheck(t *testing.T) {
	p := newParser(t, t.TempDir())
	p.units([]byte("{\n\"m\": {\"timeafter\": {\"error\": \"out of luck\"}}\n}\n"))
	if !errors.Is(p.err, ErrAnalysis) || !strings.Contains(p.err.Error(), "timeafter in m: out of luck") {
		t.Errorf("error %v", p.err)
	}
	p = newParser(t, t.TempDir())
	p.units([]byte("{\n\"m\": 3\n}\n"))
	if p.err == nil || errors.Is(p.err, ErrAnalysis) {
		t.Errorf("error %v for what is no output of go vet", p.err)
	}
}

func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []finding.Problem
	}{
		{"a type error", "# m\nvet: ./a.go:3:4: undefined: x", []finding.Problem{{File: "a.go", Line: 3, Text: "undefined: x"}}},
		{"of the compiler", "# m\nb/a.go:3: undefined: x\n\thave this\n\twant that", []finding.Problem{{File: "b/a.go", Line: 3, Text: "undefined: x have this want that"}}},
		{"progress", "go: downloading m v1.0.0\npattern ./x: no match", []finding.Problem{{Text: "pattern ./x: no match"}}},
		{"nothing", "exit status 1", []finding.Problem{{Text: "go vet failed, and did not say why"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newParser(t, t.TempDir())
			p.problems(strings.Split(tt.in, "\n"))
			for i := range p.notBuilt {
				p.notBuilt[i].File = filepath.ToSlash(p.notBuilt[i].File)
			}
			if !slices.Equal(p.notBuilt, tt.want) {
				t.Errorf("problems %+v, want %+v", p.notBuilt, tt.want)
			}
		})
	}
}

func TestPosition(t *testing.T) {
	for in, want := range map[string]string{
		"a.go:3:4":     "a.go 3 4",
		"a.go:3":       "a.go 3 0",
		"a.go":         "a.go 0 0",
		`C:\a.go:3:4`:  `C:\a.go 3 4`,
		"":             " 0 0",
		"a b:c.go:1:2": "a b:c.go 1 2",
	} {
		file, line, column := position(in)
		if got := fmt.Sprint(file, " ", line, " ", column); got != want {
			t.Errorf("position(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestCharacters counts columns where a character has several bytes, and where the file
// is not what it was.
func TestCharacters(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.go")
	if err := os.WriteFile(file, []byte("package a\nvar é, b int\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := newParser(t, dir)
	for _, tt := range []struct{ line, bytes, want int }{{2, 5, 5}, {2, 9, 8}, {1, 1, 1}, {9, 9, 9}, {1, 99, 99}, {0, 0, 0}} {
		if got := p.characters(file, tt.line, tt.bytes); got != tt.want {
			t.Errorf("line %d, byte %d: column %d, want %d", tt.line, tt.bytes, got, tt.want)
		}
	}
	if got := p.characters(filepath.Join(dir, "gone.go"), 1, 7); got != 7 {
		t.Errorf("column %d in a file that is gone, want that in bytes, 7", got)
	}
}

// TestMixesFacts knows which releases of the go command confuse the results of packages.
func TestMixesFacts(t *testing.T) {
	for release, want := range map[string]bool{
		"go1.25.9": false, "go1.26rc2": true, "go1.26.0": true, "go1.26.8\n": true, "go1.26.8-X:nodwarf5": true, "go1.26.9": false,
		"go1.27.1": true, "go1.27.2": false, "go1.28.0": false, "devel go1.27-abc": false, "": false,
	} {
		if got := mixesFacts(release); got != want {
			t.Errorf("mixesFacts(%q) = %t, want %t", release, got, want)
		}
	}
}
