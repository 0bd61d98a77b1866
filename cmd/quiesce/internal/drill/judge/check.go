// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// maxFindings is how many findings of a check are listed: one shows what is wrong, a
// few show whether it is always the same, and the rest is a number.
const maxFindings = 20

// A check is what a rule has found so far.
type check struct {
	evidence *evidence
	findings []record.Finding
	more     int
	rounds   int // with findings
	last     int // the number of the last of them
	broken   string
	doubts   []string
	untried  string
	held     string // what is said if nothing else is
}

// fail notes that the check did not hold in r. When is when the fault was seen; a
// hook that is to blame for it by the server's own report is named.
func (c *check) fail(r *record.Round, at time.Duration, format string, args ...any) {
	text, place := fmt.Sprintf(format, args...), ""
	if b := blame(r.Inside, at); b != nil {
		text, place = text+", "+b.text, b.hook.Place
		if place != "" {
			text += " (" + place + ")"
		}
	}
	if r.Number != c.last || c.rounds == 0 {
		c.rounds++
		c.last = r.Number
	}
	if len(c.findings) == maxFindings {
		c.more++
		return
	}
	c.findings = append(c.findings, record.Finding{Round: r.Number, At: at, Text: text, Place: place})
}

// failed sets the sentence for a check with findings.
func (c *check) failed(format string, args ...any) { c.broken = fmt.Sprintf(format, args...) }

// doubt notes why the check cannot pass.
func (c *check) doubt(format string, args ...any) {
	c.doubts = append(c.doubts, fmt.Sprintf(format, args...))
}

// hold sets the sentence for a check that passes.
func (c *check) hold(format string, args ...any) { c.held = fmt.Sprintf(format, args...) }

// settle makes a record of it: any finding fails the check, then any doubt keeps it
// from passing.
func (c *check) settle(id string) record.Check {
	out := record.Check{ID: id, Title: title(id), Findings: c.findings, More: c.more}
	switch {
	case len(c.findings) > 0:
		out.Verdict, out.Text = record.Fail, c.brokenText()
	case len(c.doubts) > 0:
		out.Verdict, out.Text = record.Inconclusive, sentence(strings.Join(c.doubts, "; "))
	case c.untried != "":
		out.Verdict, out.Text = record.NotTried, c.untried
	default:
		out.Verdict, out.Text = record.Pass, sentence(c.held)
	}
	return out
}

func (c *check) brokenText() string {
	if c.broken != "" {
		return sentence(c.broken)
	}
	return sentence(fmt.Sprintf("in %d of %s: %s", c.rounds, plural(len(c.evidence.rounds), "round"), c.findings[0].Text))
}

// sentence gives s a capital and a full stop.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// plural returns "1 stop", "1,234 stops".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(n) + " " + what + "s"
}

// were returns "1 stop was", "3 stops were".
func were(n int, what string) string {
	if n == 1 {
		return plural(n, what) + " was"
	}
	return plural(n, what) + " were"
}

// count returns "1,234".
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// short returns a duration with the digits that a reader wants.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= 100*time.Millisecond:
		return d.Round(time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}
