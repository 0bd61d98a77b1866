// SPDX-License-Identifier: Apache-2.0

// Package corpus compares findings with sites in public programs that were judged by
// hand.
package corpus

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A Verdict is what a person says of a site.
type Verdict string

// The verdicts there are.
const (
	Bug      Verdict = "bug"
	Innocent Verdict = "innocent"
)

// A Site is a place in a program, judged for one check.
type Site struct {
	Module, Version string
	File            string // in the module, with slashes
	Line            int    // where the finding is, or would be
	Check           string
	Verdict         Verdict
	Reason          string
}

// columns are those of the file, in order.
var columns = []string{"module", "version", "file", "line", "check", "verdict", "reason"}

// Read reads sites from a file with a line each, whose fields are separated by tabs.
// Empty lines and those that begin with # are comments; the first other one has the
// names of the columns.
func Read(r io.Reader) ([]Site, error) {
	var out []Site
	head := true
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		line := scanner.Text()
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		if head {
			head = false
			if !slices.Equal(fields, columns) {
				return nil, fmt.Errorf("line %d: columns %q, want %q", n, fields, columns)
			}
			continue
		}
		site, err := parse(fields)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, site)
	}
	return out, scanner.Err()
}

func parse(fields []string) (Site, error) {
	if len(fields) != len(columns) {
		return Site{}, fmt.Errorf("%d fields, want %d", len(fields), len(columns))
	}
	line, err := strconv.Atoi(fields[3])
	if err != nil || line < 1 {
		return Site{}, fmt.Errorf("line %q is no number of a line", fields[3])
	}
	s := Site{fields[0], fields[1], fields[2], line, fields[4], Verdict(fields[5]), fields[6]}
	if s.Verdict != Bug && s.Verdict != Innocent {
		return Site{}, fmt.Errorf("verdict %q, want %s or %s", s.Verdict, Bug, Innocent)
	}
	if s.Reason == "" {
		return Site{}, fmt.Errorf("no reason for %s:%d", s.File, s.Line)
	}
	return s, nil
}

// A Finding is what a check reports in a module.
type Finding struct {
	Module, Version string
	File            string
	Line            int
	Check           string
	Message         string
}

// near is how many lines a finding may be from its site: a check may report another part
// of the statement than the person who judged it.
const near = 3

// A Score counts the sites of a check.
type Score struct {
	Check           string
	Found, Missed   int // of the bugs
	False, Innocent int // of the innocent: reported, and all
	Unjudged        int // findings at no site
}

// Precision returns the share of bugs in what was reported at sites; ok is false if
// nothing was.
func (s *Score) Precision() (share float64, ok bool) { return ratio(s.Found, s.False) }

// Recall returns the share of the bugs that were reported.
func (s *Score) Recall() (share float64, ok bool) { return ratio(s.Found, s.Missed) }

func ratio(part, rest int) (float64, bool) {
	if part+rest == 0 {
		return 0, false
	}
	return float64(part) / float64(part+rest), true
}

// A Result is what comes of a comparison.
type Result struct {
	Scores   []Score // by check
	Total    Score
	Missed   []Site // bugs that were not reported
	False    []Site // innocents that were
	Unjudged []Finding
}

// Compare gives each finding to the nearest site of its check, which is at most 3 lines
// away, and counts. A site takes any number of findings.
func Compare(sites []Site, findings []Finding) *Result {
	r := &Result{Total: Score{Check: "all"}}
	scores := map[string]*Score{}
	score := func(check string) *Score {
		if scores[check] == nil {
			scores[check] = &Score{Check: check}
		}
		return scores[check]
	}
	reported := make([]bool, len(sites))
	for _, f := range findings {
		if i := nearest(sites, &f); i >= 0 {
			reported[i] = true
			continue
		}
		score(f.Check).Unjudged++
		r.Unjudged = append(r.Unjudged, f)
	}
	for i, s := range sites {
		r.count(score(s.Check), s, reported[i])
	}
	for _, s := range scores {
		r.Scores = append(r.Scores, *s)
		r.Total.add(s)
	}
	slices.SortFunc(r.Scores, func(a, b Score) int { return cmp.Compare(a.Check, b.Check) })
	return r
}

func (r *Result) count(score *Score, s Site, reported bool) {
	switch {
	case s.Verdict == Bug && reported:
		score.Found++
	case s.Verdict == Bug:
		score.Missed++
		r.Missed = append(r.Missed, s)
	case reported:
		score.Innocent++
		score.False++
		r.False = append(r.False, s)
	default:
		score.Innocent++
	}
}

func (s *Score) add(other *Score) {
	s.Found += other.Found
	s.Missed += other.Missed
	s.False += other.False
	s.Innocent += other.Innocent
	s.Unjudged += other.Unjudged
}

// nearest returns the index of the site of a finding, -1 if it has none.
func nearest(sites []Site, f *Finding) int {
	best, least := -1, near+1
	for i, s := range sites {
		if s.Module != f.Module || s.Version != f.Version || s.File != f.File || s.Check != f.Check {
			continue
		}
		if d := max(s.Line-f.Line, f.Line-s.Line); d < least {
			best, least = i, d
		}
	}
	return best
}
