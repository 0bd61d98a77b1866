// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/printable"
)

// An Entry says all about a check that does not depend on a run. Its texts are Markdown.
type Entry struct {
	ID        string
	Title     string // what is to hold
	Meaning   string // what is looked at
	Why       string // it matters, with a source
	Wrong     string // how it goes wrong, in Go
	Right     string // how it is right, in Go
	Elsewhere string // what that is in other languages and servers
	Off       string // how the check is switched off
}

// Catalog returns an entry for each check, in the order of [record.Run.Checks].
func Catalog() []Entry { return slices.Clone(catalog()) }

// Lookup returns the entry of the check with that id.
func Lookup(id string) (Entry, bool) {
	for _, e := range catalog() {
		if e.ID == id {
			return e, true
		}
	}
	return Entry{}, false
}

// String returns the whole text for a terminal, as `quiesce explain` prints it.
func (e Entry) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n\n%s\n", e.ID, e.Title, plain(e.Meaning))
	for _, s := range e.sections() {
		fmt.Fprintf(&b, "\n%s\n\n%s\n", strings.ToUpper(s.name), plain(*s.text))
	}
	return b.String()
}

// Markdown returns what follows the id, with headings of that level: "###".
func (e Entry) Markdown(level string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n", e.Title, e.Meaning)
	for _, s := range e.sections() {
		fmt.Fprintf(&b, "\n%s %s\n\n%s\n", level, s.name, *s.text)
	}
	return b.String()
}

// plain returns Markdown as it reads in a terminal: paragraphs wrapped, code indented.
func plain(text string) string {
	var parts []string
	for i, part := range strings.Split(text, "```") {
		if i%2 == 0 {
			for p := range strings.SplitSeq(part, "\n\n") {
				parts = append(parts, printable.Wrap(p))
			}
			continue
		}
		_, code, _ := strings.Cut(part, "\n") // after the language
		parts = append(parts, "    "+strings.ReplaceAll(strings.TrimSpace(code), "\n", "\n    "))
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return strings.Join(parts, "\n\n")
}

// A section is a part of an entry with a heading.
type section struct {
	name string
	text *string
}

func (e *Entry) sections() []section {
	return []section{
		{"Why", &e.Why},
		{"Wrong", &e.Wrong},
		{"Right", &e.Right},
		{"Elsewhere", &e.Elsewhere},
		{"Off", &e.Off},
	}
}

// title returns the title of the check.
func title(id string) string {
	e, _ := Lookup(id) // each rule has an entry: a test sees to it
	return strings.TrimSuffix(e.Title, ".")
}

//go:embed texts/*.md
var texts embed.FS

// catalog reads the texts once. They are part of the program, so that a mistake in them
// is one of ours.
var catalog = sync.OnceValue(func() []Entry {
	names, err := fs.Glob(texts, "texts/*.md")
	if err != nil {
		panic(err)
	}
	var out []Entry
	for _, name := range names {
		data, err := texts.ReadFile(name)
		if err != nil {
			panic(err)
		}
		for part := range strings.SplitSeq("\n"+string(data), "\n# ") {
			if strings.TrimSpace(part) != "" {
				out = append(out, parseEntry(part))
			}
		}
	}
	return out
})

// withoutRounds says how the check's situation is left out, if it has one.
func withoutRounds(id string) string {
	for _, s := range situations {
		if s.id == id {
			return fmt.Sprintf("; `--situations all,-%s` makes no such rounds either.", s.situation)
		}
	}
	return ""
}

// parseEntry reads the text of one check: its id, the title, the meaning, and sections
// under their headings.
func parseEntry(text string) Entry {
	head, rest, _ := strings.Cut(text, "\n## ")
	id, head, _ := strings.Cut(strings.TrimSpace(head), "\n\n")
	name, meaning, _ := strings.Cut(head, "\n\n")
	e := Entry{ID: id, Title: name, Meaning: meaning}
	for part := range strings.SplitSeq(rest, "\n## ") {
		heading, body, _ := strings.Cut(part, "\n\n")
		sections := e.sections()
		i := slices.IndexFunc(sections, func(s section) bool { return s.name == heading })
		if i < 0 {
			panic(fmt.Sprintf("judge: check %q has a section %q", id, heading))
		}
		*sections[i].text = strings.TrimSpace(body)
	}
	if e.Off == "" {
		e.Off = "`--skip " + e.ID + "`" + withoutRounds(e.ID)
	}
	return e
}
