// SPDX-License-Identifier: Apache-2.0

package dockerfile

import (
	"bytes"
	"errors"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// A file is a Dockerfile.
type file struct {
	stages []instructions.Stage
	args   []instructions.ArgCommand // before the first stage
	given  map[string]string         // values for arguments
	escape rune
}

var (
	template = regexp.MustCompile(`\{\{|\{%|<%`)
	syntax   = regexp.MustCompile(`(?m)^#\s*syntax\s*=\s*(\S+)`)

	// stable matches the syntaxes that have nothing which the parser does not know.
	stable = regexp.MustCompile(`^(?:docker\.io/)?docker/dockerfile(?::[0-9.]+)?(?:@\S+)?$`)
)

// Read reads a Dockerfile.
func (Kind) Read(f *manifest.File, generic bool) manifest.Content {
	o, err := parse(f.Data)
	if err != nil {
		return malformed(f, err)
	}
	name := filepath.Base(f.Path)
	doc := &manifest.Document{File: f.Path, Line: 1, Type: "Dockerfile", Name: name, Object: o, Places: manifest.Lines{}}
	if generic {
		doc.Generic = o.generic()
	}
	return manifest.Content{Documents: []*manifest.Document{doc}}
}

func parse(data []byte) (*file, error) {
	r, err := parser.Parse(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	o := &file{escape: r.EscapeToken}
	o.stages, o.args, err = instructions.Parse(r.AST, nil)
	if err == nil && len(o.stages) == 0 {
		err = errors.New("no FROM")
	}
	return o, err
}

// malformed says what cannot be read, and why that may be.
func malformed(f *manifest.File, err error) manifest.Content {
	note := func(line int, text, fix string) manifest.Content {
		return manifest.Content{Notes: []manifest.Note{{File: f.Path, Line: line, Text: text, Fix: fix}}}
	}
	if at := template.FindIndex(f.Data); at != nil {
		return note(1+bytes.Count(f.Data[:at[0]], []byte("\n")), "a template that is not rendered, and not audited", "audit what it makes")
	}
	if m := syntax.FindSubmatch(f.Data); m != nil && !stable.Match(m[1]) {
		return note(1, "the syntax "+string(m[1])+" is not known, and not audited", "")
	}
	line, text := whereIs(err)
	if strings.Contains(text, "max allowed size") { // the parser does not say where
		line = longestLine(f.Data)
	}
	return manifest.Content{Problems: []finding.Problem{{File: f.Path, Line: line, Text: text}}}
}

func longestLine(data []byte) int {
	n, longest, at := 0, 0, 1
	for line := range bytes.Lines(data) {
		if n++; len(line) > longest {
			longest, at = len(line), n
		}
	}
	return at
}

var onLine = regexp.MustCompile(`^dockerfile parse error on line (\d+): `)

// whereIs takes the line from an error of the parser.
func whereIs(err error) (line int, text string) {
	text = err.Error()
	if m := onLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits; one that is too large stays 0
		text = text[len(m[0]):]
	}
	if e, ok := errors.AsType[*parser.LocationError](err); ok {
		for _, ranges := range e.Locations {
			if len(ranges) > 0 {
				line = ranges[0].Start.Line
			}
		}
	}
	return max(1, line), text
}

// generic is a list of stages, each with its instructions, for rules of users.
func (o *file) generic() any {
	var stages []any
	for _, s := range o.stages {
		var commands []any
		for _, c := range s.Commands {
			text := c.Name()
			if t, ok := c.(interface{ String() string }); ok {
				text = t.String()
			}
			commands = append(commands, map[string]any{"instruction": strings.ToUpper(c.Name()), "text": text})
		}
		stages = append(stages, map[string]any{"name": s.Name, "from": s.BaseName, "instructions": commands})
	}
	return map[string]any{"stages": stages}
}
