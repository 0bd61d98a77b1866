// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of "go test -json"; see "go doc test2json".
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// key names a test; with an empty test it stands for the package itself.
type key struct{ pkg, test string }

func (k key) String() string {
	if k.test == "" {
		return k.pkg
	}
	return k.test + " (" + k.pkg + ")"
}

type counts struct{ passed, failed, skipped int }

// summary is what has been read so far. Only what has not ended yet is kept.
type summary struct {
	counts
	out      io.Writer
	output   map[key]*strings.Builder // of what has not ended
	failures []key
	failedIn map[string]bool // packages with a failed test
	skips    []string
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, output: map[key]*strings.Builder{}, failedIn: map[string]bool{}}
}

func (s *summary) read(in io.Reader) error {
	r := bufio.NewReader(in)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			s.line(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) line(line []byte) {
	var e event
	if !bytes.HasPrefix(line, []byte("{")) || json.Unmarshal(line, &e) != nil {
		s.out.Write(line) // the go command's own words
		return
	}
	s.event(e)
}

func (s *summary) event(e event) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		io.WriteString(s.out, e.Output)
	case "start", "run":
		s.buffer(k)
	case "output":
		s.buffer(k).WriteString(e.Output)
	case "pass", "fail", "skip":
		if k.test == "" {
			s.endPackage(k, e.Action)
		} else {
			s.endTest(k, e.Action)
		}
	}
}

func (s *summary) buffer(k key) *strings.Builder {
	b := s.output[k]
	if b == nil {
		b = &strings.Builder{}
		s.output[k] = b
	}
	return b
}

// take returns what k has written, and forgets it.
func (s *summary) take(k key) string {
	text := s.buffer(k).String()
	delete(s.output, k)
	return text
}

func (s *summary) endTest(k key, action string) {
	text := s.take(k)
	switch action {
	case "pass":
		s.passed++
	case "skip":
		s.skipped++
		s.skips = append(s.skips, k.String()+": "+reason(text))
	case "fail":
		s.fail(k, text)
	}
}

func (s *summary) fail(k key, text string) {
	s.failed++
	s.failures = append(s.failures, k)
	s.failedIn[k.pkg] = true
	io.WriteString(s.out, text)
}

// endPackage prints all a failed package wrote, and of another one only the
// closing line. A package that fails takes with it the tests that never ended
// (a time limit, os.Exit), and counts itself if no test of it failed: it did
// not build, or TestMain failed.
func (s *summary) endPackage(k key, action string) {
	text := s.take(k)
	if action != "fail" {
		io.WriteString(s.out, closing(text))
		return
	}
	var open []key
	for o := range maps.Keys(s.output) {
		if o.pkg == k.pkg {
			open = append(open, o)
		}
	}
	slices.SortFunc(open, func(a, b key) int { return strings.Compare(a.test, b.test) })
	for _, o := range open {
		s.fail(o, s.take(o))
	}
	if !s.failedIn[k.pkg] {
		s.fail(k, text)
		return
	}
	io.WriteString(s.out, text)
}

// finish prints the skips, the names of what failed and the summary line. With
// some, a run without a single test is a failure.
func (s *summary) finish(label string, some bool) {
	if some && s.counts == (counts{}) {
		s.failed++
		fmt.Fprintf(s.out, "%s: no test ran\n", label)
	}
	for _, line := range s.skips {
		fmt.Fprintf(s.out, "skipped: %s\n", line)
	}
	for _, k := range s.failures {
		fmt.Fprintf(s.out, "failed: %s\n", k)
	}
	fmt.Fprintf(s.out, "%s: %d passed, %d failed, %d skipped\n", label, s.passed, s.failed, s.skipped)
}

// closing returns the last line of a package's own output, which is go test's
// verdict ("ok", "?" or "FAIL", tab separated). TestMain may write before it.
func closing(text string) string {
	lines := strings.SplitAfter(strings.TrimRight(text, "\n")+"\n", "\n")
	if len(lines) < 2 {
		return ""
	}
	if last := lines[len(lines)-2]; strings.TrimSpace(last) != "" {
		return last
	}
	return ""
}

// reason returns what a skipped test said, on one line.
func reason(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		words = append(words, line)
	}
	if len(words) == 0 {
		return "no reason given"
	}
	return strings.Join(words, " ")
}
