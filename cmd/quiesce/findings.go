// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// findingWriters are the forms of a report of findings, beside text.
var findingWriters = map[string]func(*finding.Report, io.Writer) error{
	"github": (*finding.Report).GitHub,
	"json":   (*finding.Report).JSON,
	"sarif":  (*finding.Report).SARIF,
}

// findingForms are the values of --format.
func findingForms() []string {
	return append([]string{"text"}, slices.Sorted(maps.Keys(findingWriters))...)
}

// findingFlags are what the verbs with findings have in common: how they are printed.
type findingFlags struct {
	format, output, colors string
}

func (f *findingFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.format, "format", "text", "of what is printed: text, json, sarif, or github for annotations in a workflow")
	fs.StringVarP(&f.output, "output", "o", "", "`file` to write to instead of standard output")
	fs.StringVar(&f.colors, "color", "auto", "auto, always or never: auto is with colours in a terminal")
}

// check says what is wrong with the values.
func (f *findingFlags) check() error {
	if !slices.Contains(findingForms(), f.format) {
		return fmt.Errorf("--format %s: want %s", f.format, strings.Join(findingForms(), ", "))
	}
	if !slices.Contains(colorModes, f.colors) {
		return fmt.Errorf("--color %s: want %s", f.colors, strings.Join(colorModes, ", "))
	}
	return nil
}

// write prints the report.
func (f *findingFlags) write(stdout io.Writer, r *finding.Report) error {
	form := findingWriters[f.format]
	if form == nil {
		form = func(r *finding.Report, w io.Writer) error { return r.Text(w, f.color(w)) }
	}
	if f.output == "" {
		return form(r, stdout)
	}
	return writeFile(f.output, func(w io.Writer) error { return form(r, w) })
}

func (f *findingFlags) color(w io.Writer) bool {
	return (&drillFlags{colors: f.colors}).color(w)
}
