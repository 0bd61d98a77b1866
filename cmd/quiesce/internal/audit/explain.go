// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/printable"
)

// String returns the whole text for a terminal, as `quiesce explain` prints it.
func (e Entry) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n", e.ID, printable.Wrap(e.Title))
	if e.Kind != "" {
		fmt.Fprintf(&b, "\n%s\n", e.about())
	}
	for _, s := range []struct{ name, text string }{{"WHY", e.Why}, {"FIX", e.Fix}} {
		if s.text != "" {
			fmt.Fprintf(&b, "\n%s\n\n%s\n", s.name, printable.Wrap(s.text))
		}
	}
	for _, s := range e.examples() {
		fmt.Fprintf(&b, "\n%s\n\n    %s\n", strings.ToUpper(s.name), strings.ReplaceAll(strings.TrimSpace(s.text), "\n", "\n    "))
	}
	fmt.Fprintf(&b, "\nOFF\n\n    # %s\n    rules:\n      %s: off\n", ConfigName, e.ID)
	return b.String()
}

// Markdown returns what follows the id, with headings of that level: "###".
func (e Entry) Markdown(level string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", e.Title)
	if e.Kind != "" {
		fmt.Fprintf(&b, "\n%s\n", e.about())
	}
	if e.Why != "" {
		fmt.Fprintf(&b, "\n%s Why\n\n%s\n", level, strings.TrimSpace(e.Why))
	}
	if e.Fix != "" {
		fmt.Fprintf(&b, "\n%s Fix\n\n%s\n", level, strings.TrimSpace(e.Fix))
	}
	for _, s := range e.examples() {
		fmt.Fprintf(&b, "\n%s %s\n\n```%s\n%s\n```\n", level, s.name, s.language, strings.TrimSpace(s.text))
	}
	return b.String()
}

func (e Entry) about() string {
	return fmt.Sprintf("Of %s, in the pack %s; severity %s.", e.Kind, e.Pack, e.Severity)
}

// A section is an example with its heading.
type section struct{ name, language, text string }

func (e Entry) examples() []section {
	var out []section
	add := func(heading string, examples []Example) {
		for _, x := range examples {
			name := heading
			if len(examples) > 1 {
				name += ": " + x.Name
			}
			out = append(out, section{name, language(x.Name), x.Text})
		}
	}
	add("Wrong", e.Bad)
	add("Right", e.Good)
	if e.Plan != nil {
		out = append(out, section{"The plan", "json", string(e.Plan)})
	}
	return out
}

// language is the word for a file's language after the fence of a code block.
func language(name string) string {
	switch {
	case strings.HasSuffix(name, ".yaml"), strings.HasSuffix(name, ".yml"):
		return "yaml"
	case strings.HasSuffix(name, ".sh"):
		return "sh"
	case strings.HasSuffix(name, ".service"):
		return "ini"
	case strings.Contains(strings.ToLower(name), "dockerfile"):
		return "dockerfile"
	}
	return ""
}
