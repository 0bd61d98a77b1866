// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/printable"
)

// The sequences that colour a terminal.
const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

// Text prints a line for each problem and each finding, as compilers do, and below it
// why it matters and what to do.
func (r *Report) Text(w io.Writer, color bool) error {
	t := &text{bufio.NewWriter(w), color}
	for _, p := range r.Problems {
		t.line(place(p.File, p.Line, 0), red, p.Text, "")
	}
	for i := range r.Findings {
		t.finding(&r.Findings[i])
	}
	return t.out.Flush() // tells of all errors before
}

// text prints with colours, or without.
type text struct {
	out   *bufio.Writer
	color bool
}

// finding says which findings are notes: these change no exit code.
func (t *text) finding(f *Finding) {
	message := f.Message
	if f.Severity == Note {
		message = "note: " + message
	}
	t.line(place(f.File, f.Line, f.Column), shade(f.Severity), message, " ("+f.Rule+")")
	if f.Why != "" {
		t.hint("why", f.Why)
	}
	if f.Fix != "" {
		t.hint("fix", f.Fix)
	}
}

func (t *text) line(place, shade, message, rule string) {
	if place != "" {
		place = t.in(bold, place+":") + " "
	}
	fmt.Fprintln(t.out, place+t.in(shade, message)+t.in(dim, rule))
}

func (t *text) hint(name, hint string) {
	for i, line := range strings.Split(strings.TrimSpace(hint), "\n") {
		head := name + ":"
		if i > 0 {
			head = strings.Repeat(" ", len(head))
		}
		fmt.Fprintf(t.out, "    %s %s\n", t.in(dim, head), printable.Text(line))
	}
}

// in returns a text in a colour.
func (t *text) in(sequence, s string) string {
	s = printable.Text(s)
	if !t.color || s == "" {
		return s
	}
	return sequence + s + reset
}

func shade(s Severity) string {
	switch s {
	case Error:
		return red
	case Note:
		return dim
	default:
		return yellow
	}
}

// place returns "file:line:column", as far as it is known.
func place(file string, line, column int) string {
	switch {
	case line == 0:
		return file
	case column == 0:
		return fmt.Sprintf("%s:%d", file, line)
	default:
		return fmt.Sprintf("%s:%d:%d", file, line, column)
	}
}
