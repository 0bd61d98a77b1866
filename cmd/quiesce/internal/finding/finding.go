// SPDX-License-Identifier: Apache-2.0

// Package finding has what the verbs that look at files find there, and prints it.
package finding

import (
	"cmp"
	"path/filepath"
	"slices"
)

// A Severity says how bad a finding is. The words are those of SARIF.
type Severity string

// From the worst to the mildest.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// A Finding is a fault at a place of a file. Its texts may come from anywhere: the
// printers make them fit to be printed.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`

	// File is as the user would name it: relative to the working directory, or absolute.
	File string `json:"file"`

	// Line and Column are the first character of the place and count from 1; zero is
	// unknown. EndLine and EndColumn are the first character after it. Columns count
	// characters (code points).
	Line      int `json:"line,omitempty"`
	Column    int `json:"column,omitempty"`
	EndLine   int `json:"endLine,omitempty"`
	EndColumn int `json:"endColumn,omitempty"`

	Message string `json:"message"`         // what goes wrong, in one line
	Why     string `json:"why,omitempty"`   // it matters
	Fix     string `json:"fix,omitempty"`   // what to do
	Edits   []Edit `json:"edits,omitempty"` // that do what Fix says
}

// An Edit replaces a part of a file.
type Edit struct {
	File  string `json:"file"`  // as in Finding
	Start int    `json:"start"` // in bytes, from 0
	End   int    `json:"end"`   // the first byte that stays
	New   string `json:"new"`

	// The same as Start and End, as in Finding. SARIF wants these.
	Line      int `json:"line,omitempty"`
	Column    int `json:"column,omitempty"`
	EndLine   int `json:"endLine,omitempty"`
	EndColumn int `json:"endColumn,omitempty"`
}

// A Rule is what a finding is about.
type Rule struct {
	ID       string
	Title    string   // in one line
	Help     string   // the whole text, for a terminal
	Markdown string   // the same for a page; may be empty
	Severity Severity // of its findings, unless they say otherwise; empty is Warning
}

// A Problem is an input that could not be read.
type Problem struct {
	File string `json:"file,omitempty"` // as in Finding
	Line int    `json:"line,omitempty"` // zero: unknown
	Text string `json:"text"`
}

// A Report is what a tool found in one run.
type Report struct {
	Tool    string // "quiesce vet"
	Version string // of quiesce

	// Root is the folder of the repository, an absolute path: SARIF and GitHub name the
	// files in it as they are named there. If it is empty, names stay as they are.
	Root string

	Rules    []Rule // all that were applied
	Findings []Finding
	Problems []Problem
}

// Sort orders the findings and the problems by place, and drops findings that are there
// twice: a file may belong to several packages, such as one and its test.
func (r *Report) Sort() {
	slices.SortStableFunc(r.Findings, compareFindings)
	r.Findings = slices.CompactFunc(r.Findings, func(a, b Finding) bool { return compareFindings(a, b) == 0 })
	slices.SortStableFunc(r.Problems, compareProblems)
	r.Problems = slices.CompactFunc(r.Problems, func(a, b Problem) bool { return a == b })
}

func compareFindings(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
		cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message),
	)
}

func compareProblems(a, b Problem) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
}

// Relative returns the name of a file as the user would write it in dir: relative, if it
// is there or below, and otherwise as it is.
func Relative(dir, file string) string {
	rel, err := filepath.Rel(dir, file)
	if err != nil || !filepath.IsLocal(rel) {
		return file
	}
	return rel
}

// inRepository returns the name of a file from the root of the repository, with slashes.
// One that is elsewhere stays as it is.
func (r *Report) inRepository(file string) string {
	abs, err := filepath.Abs(file)
	if r.Root == "" || file == "" || err != nil {
		return file
	}
	if rel := Relative(r.Root, abs); rel != abs {
		return filepath.ToSlash(rel)
	}
	return file
}
