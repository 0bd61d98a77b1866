// SPDX-License-Identifier: Apache-2.0

package systemd

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// A setting is one assignment.
type setting struct {
	section, key, value string
	line                int
}

// A file is what is in a unit or in a drop-in, in order.
type file struct{ settings []setting }

// template matches what has yet to be rendered: of Go, Jinja and others.
var template = regexp.MustCompile(`\{\{|\{%|<%|^\s*@[A-Z_]+@\s*$`)

// templateLine returns the line at which a file shows that it is a template, 0 if it is none.
// Docker's options have braces, too.
func templateLine(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		n++
		if template.MatchString(line) && !strings.Contains(line, "--format") && !strings.Contains(line, " -f ") {
			return n
		}
	}
	return 0
}

// Read reads a unit or a drop-in.
func (Kind) Read(f *manifest.File, generic bool) manifest.Content {
	settings, problems := parse(string(f.Data))
	if line := templateLine(string(f.Data)); line > 0 {
		return manifest.Content{Notes: []manifest.Note{{
			File: f.Path, Line: line, Text: "a template that is not rendered, and not audited", Fix: "audit what it makes", Folder: true,
		}}}
	}
	content := manifest.Content{}
	for _, p := range problems {
		content.Problems = append(content.Problems, finding.Problem{File: f.Path, Line: p.line, Text: p.text})
	}
	doc := &manifest.Document{
		File: f.Path, Line: 1, Type: "Unit", Name: filepath.Base(f.Path), Object: &file{settings}, Places: manifest.Lines{},
	}
	if isDropIn(f.Path) {
		doc.Type, doc.Name = "DropIn", filepath.Base(filepath.Dir(f.Path))+"/"+doc.Name
	}
	if generic {
		doc.Generic = genericOf(settings)
	}
	content.Documents = append(content.Documents, doc)
	return content
}

// genericOf is section, key and all values, for rules of users.
func genericOf(settings []setting) any {
	sections := map[string]any{}
	for _, s := range settings {
		keys, ok := sections[s.section].(map[string]any)
		if !ok {
			keys = map[string]any{}
			sections[s.section] = keys
		}
		values, _ := keys[s.key].([]any)
		keys[s.key] = append(values, s.value)
	}
	return sections
}

type syntaxError struct {
	line int
	text string
}

// parse reads what systemd.syntax(7) says: sections, settings, comments that begin with # or
// ;, and lines that go on after a backslash. What systemd passes over with a warning
// is malformed here.
func parse(text string) (settings []setting, problems []syntaxError) {
	section := ""
	fail := func(line int, format string, args ...any) {
		problems = append(problems, syntaxError{line, fmt.Sprintf(format, args...)})
	}
	for _, l := range logicalLines(text) {
		key, value, ok := strings.Cut(l.text, "=")
		key = strings.TrimSpace(key)
		switch {
		case strings.HasPrefix(l.text, "["):
			if !strings.HasSuffix(l.text, "]") || len(l.text) < 3 {
				fail(l.line, "%s: want the name of a section in brackets", shorten(l.text))
				continue
			}
			section = l.text[1 : len(l.text)-1]
		case !ok || key == "":
			fail(l.line, "%s: want a section, or KEY=VALUE", shorten(l.text))
		case section == "":
			fail(l.line, "%s= is before any section", shorten(key))
		default:
			settings = append(settings, setting{section, key, strings.TrimSpace(value), l.line})
		}
	}
	return settings, problems
}

// A logical line may be several of the file; line is its first.
type logicalLine struct {
	text string
	line int
}

// logicalLines joins lines that end in a backslash with the next, a space between. A
// comment in between is left out.
func logicalLines(text string) []logicalLine {
	var out []logicalLine
	var open *logicalLine
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if comment := line != "" && (line[0] == '#' || line[0] == ';'); comment || line == "" && open == nil {
			continue
		}
		body, more := strings.CutSuffix(line, "\\")
		if open == nil {
			open = &logicalLine{line: n}
		}
		open.text += body
		if more {
			open.text += " "
			continue
		}
		out, open = append(out, *open), nil
	}
	if open != nil {
		out = append(out, *open)
	}
	for i := range out {
		out[i].text = strings.TrimSpace(out[i].text)
	}
	return out
}

// mostShown bounds what of a line is in a message.
const mostShown = 60

func shorten(text string) string {
	if len(text) > mostShown {
		return fmt.Sprintf("%q…", text[:mostShown])
	}
	return fmt.Sprintf("%q", text)
}
