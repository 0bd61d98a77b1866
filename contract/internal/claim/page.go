// SPDX-License-Identifier: Apache-2.0

package claim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
)

// A Page is how a catalogue is written down.
type Page struct {
	Intro    string    // Markdown, before everything else
	Chapters []Chapter // in the order of the page
	Machine  string    // Go version, system, kernel and date
}

// Render writes the page.
func (p Page) Render(results []*Result, seen Seen) string {
	sortResults(results, p.Chapters)
	var b strings.Builder
	b.WriteString(p.Intro)
	fmt.Fprintf(&b, "\n%s%s.\n", machineLine, p.Machine)
	for _, c := range p.Chapters {
		fmt.Fprintf(&b, "\n## %s\n\n| | as told | |\n|---|---|---|\n", c.Title)
		of := slices.DeleteFunc(slices.Clone(results), func(r *Result) bool { return chapterOf(r.Claim.ID) != c.Letter })
		for _, r := range of {
			fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", r.Claim.ID, strings.ToLower(r.Claim.ID), r.Claim.Told, r.mark())
		}
		for _, r := range of {
			b.WriteString("\n" + r.Section(seen))
		}
	}
	return b.String()
}

// machineLine begins the line of the page that says where it was made.
const machineLine = "Observed with "

// mark is the verdict as the tables have it.
func (r *Result) mark() string {
	if r.Claim.Cited != nil {
		return "**" + string(r.Verdict()) + "**, by the document"
	}
	return "**" + string(r.Verdict()) + "**"
}

// Section writes what the page says about one claim.
func (r *Result) Section(seen Seen) string {
	var b strings.Builder
	c := r.Claim
	fmt.Fprintf(&b, "### %s\n\n> %s\n\n", c.ID, c.Told)
	fmt.Fprintf(&b, "%s.%s\n\n", r.mark(), seen.line(c.ID))
	if r.Verdict() == Depends {
		writeList(&b, "As told:", r.predictions(true))
		writeList(&b, "Not as told:", r.predictions(false))
	}
	var facts []string
	for _, f := range r.facts() {
		facts = append(facts, f.Text+figures(f))
	}
	writeList(&b, "What happens:", facts)
	if c.Cited != nil {
		fmt.Fprintf(&b, "Not run; from %s.\n\n", c.Cited.Source)
	}
	fmt.Fprintf(&b, "What follows: %s\n", c.So)
	if len(c.Covered) > 0 {
		fmt.Fprintf(&b, "\nIn quiesce: `%s`.\n", strings.Join(c.Covered, "`, `"))
	}
	if c.Vet != "" {
		fmt.Fprintf(&b, "\nFor a vet check: %s.\n", c.Vet)
	}
	return b.String()
}

func (r *Result) facts() []Fact {
	if r.Claim.Cited == nil {
		return r.Facts
	}
	var out []Fact
	for _, text := range r.Claim.Cited.Facts {
		out = append(out, Fact{Text: text})
	}
	return out
}

func writeList(b *strings.Builder, title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n\n- %s\n\n", title, strings.Join(items, "\n- "))
}

// figures writes what differs from run to run so that withoutFigures finds it.
func figures(f Fact) string {
	if f.Figures == "" {
		return ""
	}
	return " _(" + f.Figures + ")_"
}

var figuresPattern = regexp.MustCompile(` _\([^\n]*?\)_`)

// withoutFigures is what two runs must agree on.
func withoutFigures(section string) string { return figuresPattern.ReplaceAllString(section, "") }

// sections returns the sections of a page by the id of their claim.
func sections(page string) map[string]string {
	out := map[string]string{}
	for _, s := range strings.Split(page, "\n### ")[1:] {
		if i := strings.Index(s, "\n## "); i >= 0 {
			s = s[:i+1]
		}
		id, _, _ := strings.Cut(s, "\n")
		out[id] = "### " + strings.TrimRight(s, "\n") + "\n"
	}
	return out
}

// Table is the catalogue for a terminal.
func Table(results []*Result) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "id\tverdict\tas told")
	for _, r := range results {
		told := r.Claim.Told
		if runes := []rune(told); len(runes) > 100 {
			told = string(runes[:99]) + "…"
		}
		verdict := string(r.Verdict())
		if r.Claim.Cited != nil {
			verdict += ", cited"
		} else if r.Skipped != "" {
			verdict = string(NotRun)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.Claim.ID, verdict, told)
	}
	w.Flush()
	return b.String()
}
