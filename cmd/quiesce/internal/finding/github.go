// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/printable"
)

// GitHub prints the commands from which a workflow of GitHub makes annotations. See
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
func (r *Report) GitHub(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, p := range r.Problems {
		r.command(out, Error, p.Text, property("file", r.inRepository(p.File)), number("line", p.Line))
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		r.command(out, f.Severity, withFix(f),
			property("file", r.inRepository(f.File)), number("line", f.Line), number("col", f.Column),
			number("endLine", f.EndLine), number("endColumn", f.EndColumn), property("title", r.Tool+": "+f.Rule))
	}
	return out.Flush() // tells of all errors before
}

func (r *Report) command(w io.Writer, s Severity, message string, properties ...string) {
	name := string(s)
	if s == Note {
		name = "notice"
	}
	var set []string
	for _, p := range properties {
		if p != "" {
			set = append(set, p)
		}
	}
	lines := strings.Split(strings.TrimSpace(message), "\n")
	for i, line := range lines {
		lines[i] = printable.Text(line)
	}
	fmt.Fprintf(w, "::%s %s::%s\n", name, strings.Join(set, ","), escapeData.Replace(strings.Join(lines, "\n")))
}

func withFix(f *Finding) string {
	if f.Fix == "" {
		return f.Message
	}
	return f.Message + "\n" + f.Fix
}

// A workflow reads percent signs and line ends in a message, and what separates the
// properties in those.
var (
	escapeData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func property(name, value string) string {
	if value == "" {
		return ""
	}
	return name + "=" + escapeProperty.Replace(value)
}

func number(name string, n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s=%d", name, n)
}
