// SPDX-License-Identifier: Apache-2.0

package show

import (
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/judge"
)

// An explanation is a titled text about a check.
type explanation struct {
	Name  string
	Parts []prose
}

// prose is a paragraph, or a block of code.
type prose struct {
	Code string // a block, if not empty
	Runs []run  // of a paragraph
}

// run is a piece of a paragraph, or of code in it.
type run struct {
	Code bool
	Text string
}

// explain says what a check means and what to do, as `quiesce explain` does.
func explain(id string) []explanation {
	e, ok := judge.Lookup(id)
	if !ok {
		return nil
	}
	var list []explanation
	for _, x := range []struct{ name, text string }{
		{"What", e.Meaning}, {"Why", e.Why}, {"Wrong", e.Wrong}, {"Right", e.Right}, {"Elsewhere", e.Elsewhere}, {"Off", e.Off},
	} {
		if x.text != "" {
			list = append(list, explanation{x.name, proseOf(x.text)})
		}
	}
	return list
}

// proseOf takes apart the little of Markdown that the texts use: paragraphs, fenced
// blocks, and code between backticks.
func proseOf(markdown string) []prose {
	var list []prose
	for i, part := range strings.Split(markdown, "```") {
		if i%2 == 1 {
			_, code, _ := strings.Cut(part, "\n") // after the language
			list = append(list, prose{Code: strings.Join(cleanLines(code), "\n")})
			continue
		}
		for paragraph := range strings.SplitSeq(part, "\n\n") {
			if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
				list = append(list, prose{Runs: runsOf(paragraph)})
			}
		}
	}
	return list
}

func runsOf(paragraph string) []run {
	var runs []run
	for i, text := range strings.Split(paragraph, "`") {
		if text != "" {
			runs = append(runs, run{i%2 == 1, text})
		}
	}
	return runs
}
