// SPDX-License-Identifier: Apache-2.0

package show

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/judge"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

type junitSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     string     `xml:"time,attr"`
	Suite    junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Output     string          `xml:"system-out"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitOutcome `xml:"failure"`
	Error   *junitOutcome `xml:"error"`
	Skipped *junitOutcome `xml:"skipped"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitOutcome struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit prints one test case for each check. FAIL is a failure, INCONCLUSIVE an error,
// NOT TRIED a skipped case. A drill that did not pass is never green: if no check says
// so, a case "verdict" does.
func JUnit(w io.Writer, run *record.Run) error {
	v := newView(run)
	var out strings.Builder
	if err := Text(&out, run, Style{}); err != nil {
		return err
	}
	s := junitSuite{
		Name: "drill: " + clean(v.target()), Time: seconds(run.Took),
		Timestamp:  run.Began.UTC().Format("2006-01-02T15:04:05"), // without a zone, as the schema has it
		Properties: junitProperties(v),
		Output:     out.String(),
	}
	for i := range run.Checks {
		s.add(v.junitCase(&run.Checks[i]))
	}
	if run.Verdict != record.Pass && s.Failures+s.Errors == 0 {
		s.add(v.junitCase(&record.Check{ID: "verdict", Verdict: run.Verdict, Text: run.Reason}))
	}
	doc := junitSuites{
		Name: "quiesce drill", Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Skipped: s.Skipped, Time: s.Time, Suite: s,
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitProperties(v *view) []junitProperty {
	return []junitProperty{
		{"verdict", clean(string(v.Verdict))},
		{"seed", fmt.Sprint(v.Setup.Seed)},
		{"rounds", fmt.Sprint(len(v.Rounds))},
		{"requests", fmt.Sprint(v.Bound.Sent)},
		{"bound", boundText(&v.Bound)},
		{"replay", clean(v.Replay)},
		{"tool", clean(v.Tool)},
	}
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func (v *view) junitCase(c *record.Check) junitCase {
	k := junitCase{Name: clean(c.ID), Class: "quiesce.drill", Time: "0.000"}
	o := &junitOutcome{Message: clean(c.Text), Type: clean(string(c.Verdict))}
	switch c.Verdict {
	case record.Pass:
		k.Output = clean(c.Text)
	case record.NotTried:
		k.Skipped = &junitOutcome{Message: clean(c.Text)}
	case record.Fail:
		o.Text = v.findingsText(c)
		k.Failure = o
	default:
		o.Text = v.findingsText(c)
		k.Error = o
	}
	return k
}

// findingsText lists the findings of a check, a line each.
func (v *view) findingsText(c *record.Check) string {
	var b strings.Builder
	if c.Title != "" {
		fmt.Fprintf(&b, "expected: %s\n", clean(c.Title))
	}
	for _, f := range grouped(c.Findings) {
		b.WriteString(v.findingText(&f) + "\n")
	}
	if c.More > 0 {
		fmt.Fprintf(&b, "and %s more\n", count(c.More))
	}
	if _, ok := judge.Lookup(c.ID); ok {
		fmt.Fprintf(&b, "see: quiesce explain %s\n", c.ID)
	}
	return b.String()
}

// findingText reads "round 17, +42ms: one request lost, 3 times (shop/main.go:42)".
func (v *view) findingText(f *group) string {
	text := fmt.Sprintf("round %d, %s: %s", f.Round, relative(v.sinceSignal(&f.Finding)), body(&f.Finding))
	if f.times > 1 {
		text += fmt.Sprintf(", %s times", count(f.times))
	}
	if f.Place != "" {
		text += " (" + clean(f.Place) + ")"
	}
	return text
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", max(0, d).Seconds()) }
