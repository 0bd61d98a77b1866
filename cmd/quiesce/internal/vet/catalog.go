// SPDX-License-Identifier: Apache-2.0

package vet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/printable"
)

// An Entry says all about a check. The text is that of its doc.go.
type Entry struct {
	ID    string
	Title string // what it reports
	Text  string // in the form of Go's documentation comments
}

// Catalog returns an entry for each check, by name.
func Catalog() []Entry {
	var out []Entry
	for _, a := range Analyzers() {
		title, text, _ := strings.Cut(a.Doc, "\n")
		out = append(out, Entry{ID: a.Name, Title: strings.TrimPrefix(title, a.Name+": "), Text: strings.TrimSpace(text)})
	}
	return out
}

// Lookup returns the entry of the check with that name.
func Lookup(id string) (Entry, bool) {
	for _, e := range Catalog() {
		if e.ID == id {
			return e, true
		}
	}
	return Entry{}, false
}

// String returns the whole text for a terminal.
func (e Entry) String() string {
	parts := []string{e.ID, printable.Wrap(e.Title)}
	for _, part := range paragraphs(e.Text) {
		if strings.HasPrefix(part, "\t") {
			part = strings.ReplaceAll(part, "\t", "    ")
		} else {
			part = printable.Wrap(part)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// headings of the texts.
var headings = []string{"Wrong:", "Right:"}

// Markdown returns what follows the id, with headings of that level: "###".
func (e Entry) Markdown(level string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", e.Title)
	for _, part := range paragraphs(e.Text) {
		switch {
		case strings.HasPrefix(part, "\t"):
			code := strings.ReplaceAll("\n"+part, "\n\t", "\n")
			fmt.Fprintf(&b, "\n```go%s\n```\n", code)
		case slices.Contains(headings, part):
			fmt.Fprintf(&b, "\n%s %s\n", level, strings.TrimSuffix(part, ":"))
		default:
			fmt.Fprintf(&b, "\n%s\n", part)
		}
	}
	return b.String()
}

// paragraphs splits a text at its empty lines, but for those in code.
func paragraphs(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, "\n\n") {
		if last := len(out) - 1; last >= 0 && strings.HasPrefix(part, "\t") && strings.HasPrefix(out[last], "\t") {
			out[last] += "\n\n" + part
			continue
		}
		out = append(out, part)
	}
	return out
}
