// SPDX-License-Identifier: Apache-2.0

package vet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// What "go vet -json" prints for a package: the findings, or an error, of each check.
type (
	unit       map[string]map[string]json.RawMessage // package, check
	diagnostic struct {
		Posn, End, Message string
		SuggestedFixes     []struct {
			Message string
			Edits   []struct {
				Filename   string
				Start, End int
				New        string
			}
		} `json:"suggested_fixes"`
		Related []struct{ Posn, Message string }
	}
)

// A parser makes findings and problems of what the go command prints.
type parser struct {
	names    finding.Names
	dir      string // in which the go command ran
	tests    bool
	log      io.Writer // for traces; may be nil
	found    []finding.Finding
	notBuilt []finding.Problem
	sources  map[string][]byte // files that have been read; nil if that did not work
	err      error             // the first
}

// units reads the objects in the output, which begin and end with a brace alone on a
// line, and returns the other lines.
func (p *parser) units(output []byte) (text []string) {
	var object []byte
	for line := range bytes.Lines(output) {
		trimmed := string(bytes.TrimRight(line, "\r\n"))
		switch {
		case object != nil || trimmed == "{":
			object = append(object, line...)
		case trimmed != "" && trimmed != "{}":
			text = append(text, trimmed)
		}
		if trimmed == "}" && object != nil {
			p.unit(object)
			object = nil
		}
	}
	return text
}

func (p *parser) unit(object []byte) {
	var u unit
	if err := json.Unmarshal(object, &u); err != nil {
		p.fail(fmt.Errorf("what go vet prints: %w", err))
		return
	}
	for pkg, checks := range u {
		for _, check := range slices.Sorted(maps.Keys(checks)) {
			p.check(pkg, check, checks[check])
		}
	}
}

func (p *parser) check(pkg, check string, data []byte) {
	var found []diagnostic
	if err := json.Unmarshal(data, &found); err != nil {
		var failure struct{ Error string }
		if json.Unmarshal(data, &failure) != nil || failure.Error == "" {
			p.fail(err)
			return
		}
		reason, trace, _ := strings.Cut(failure.Error, "\n")
		p.failed(fmt.Sprintf("%s in %s: %s", check, pkg, strings.TrimPrefix(reason, "check "+check+": ")), trace)
		return
	}
	for i := range found {
		p.diagnostic(check, &found[i])
	}
}

func (p *parser) fail(err error) {
	if p.err == nil || strings.Contains(p.err.Error(), ": failed prerequisites: ") { // by another that has failed
		p.err = err
	}
}

func (p *parser) diagnostic(check string, d *diagnostic) {
	file, line, column := position(d.Posn)
	if !p.tests && strings.HasSuffix(file, "_test.go") {
		return
	}
	f := finding.Finding{
		Rule: check, Severity: finding.Warning, File: p.names.Name(file), Message: d.Message,
		Line: line, Column: p.characters(file, line, column),
	}
	if endFile, endLine, endColumn := position(d.End); endFile == file && endLine > 0 {
		f.EndLine, f.EndColumn = endLine, p.characters(file, endLine, endColumn)
	}
	var related []string
	for _, r := range d.Related {
		at, line, _ := position(r.Posn)
		related = append(related, fmt.Sprintf("%s:%d: %s", p.names.Name(at), line, r.Message))
	}
	f.Why = strings.Join(related, "\n")
	if len(d.SuggestedFixes) > 0 {
		fix := &d.SuggestedFixes[0]
		f.Fix = fix.Message
		for _, e := range fix.Edits {
			f.Edits = append(f.Edits, p.edit(e.Filename, e.Start, e.End, e.New))
		}
	}
	p.found = append(p.found, f)
}

func (p *parser) edit(file string, start, end int, text string) finding.Edit {
	e := finding.Edit{File: p.names.Name(file), Start: start, End: end, New: text}
	if source := p.source(file); end <= len(source) {
		e.Line, e.Column = lineColumn(source[:start])
		e.EndLine, e.EndColumn = lineColumn(source[:end])
	}
	return e
}

// lineColumn returns where a text ends.
func lineColumn(before []byte) (line, column int) {
	lastLine := before[bytes.LastIndexByte(before, '\n')+1:]
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(lastLine)
}

// characters makes a column in characters of one in bytes.
func (p *parser) characters(file string, line, column int) int {
	lines := bytes.SplitN(p.source(file), []byte("\n"), line+1)
	if line < 1 || column < 1 || len(lines) < line || column-1 > len(lines[line-1]) {
		return column
	}
	return 1 + utf8.RuneCount(lines[line-1][:column-1])
}

func (p *parser) source(file string) []byte {
	data, seen := p.sources[file]
	if !seen {
		data, _ = os.ReadFile(file) // without it, columns are in bytes and edits have none
		p.sources[file] = data
	}
	return data
}

// problems makes problems of the lines that the go command printed, but for its
// comments and its progress. A line that is indented belongs to the one before.
func (p *parser) problems(lines []string) {
	for _, line := range lines {
		last := len(p.notBuilt) - 1
		switch {
		case strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "go: downloading ") || line == modErrors || isExit(line):
		case last >= 0 && strings.HasPrefix(line, "\t"):
			p.notBuilt[last].Text += " " + strings.TrimSpace(line)
		default:
			p.notBuilt = append(p.notBuilt, p.problem(line))
		}
	}
	if len(p.notBuilt) == 0 {
		p.notBuilt = []finding.Problem{{Text: "go vet failed, and did not say why"}}
	}
}

// modErrors is above the errors in a go.mod file.
const modErrors = "go: errors parsing go.mod:"

// isExit is for the line that says that the tool has failed, after what it printed.
func isExit(line string) bool {
	return slices.Contains([]string{"exit status 1", "exit status 2"}, line)
}

// problem takes "vet: ./a.go:3:4: undefined: x" apart, as far as it is that.
func (p *parser) problem(line string) finding.Problem {
	line = strings.TrimPrefix(line, "vet: ")
	place, text, ok := strings.Cut(line, ": ")
	file, n, _ := position(place)
	if !ok || n == 0 || !slices.Contains([]string{".go", ".mod", ".work", ".sum"}, filepath.Ext(file)) {
		return finding.Problem{Text: line}
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(p.dir, file)
	}
	return finding.Problem{File: p.names.Name(file), Line: n, Text: text}
}

// position takes "file:line:column" or "file:line" apart. What is not there is zero.
func position(s string) (file string, line, column int) {
	file, last := cutNumber(s)
	if before, first := cutNumber(file); first > 0 {
		return before, first, last
	}
	return file, last, 0
}

func cutNumber(s string) (before string, n int) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, 0
	}
	n, err := strconv.Atoi(s[i+1:])
	if err != nil {
		return s, 0
	}
	return s[:i], n
}
