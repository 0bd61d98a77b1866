// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/printable"
)

// short prints a duration with three digits: 640µs, 4.21ms, 137ms, 2.31s, 1m12s.
func short(d time.Duration) string {
	a := d.Abs()
	switch {
	case a == 0:
		return "0ms"
	case a < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case a < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case a < 100*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case a < time.Second:
		return d.Round(time.Millisecond).String()
	case a < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// relative is short with a sign, for times around the signal.
func relative(d time.Duration) string {
	if d > 0 {
		return "+" + short(d)
	}
	return short(d)
}

// count prints a number with thousands apart: 52,310.
func count(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// percent prints a share with two digits that count.
func percent(share float64) string {
	p := share * 100
	switch {
	case math.IsNaN(p) || math.IsInf(p, 0):
		return "?"
	case p == 0 || p >= 10:
		return fmt.Sprintf("%.0f %%", p)
	case p >= 1:
		return fmt.Sprintf("%.1f %%", p)
	case p >= 0.01:
		return fmt.Sprintf("%.2f %%", p)
	}
	return "under 0.01 %"
}

// oneIn turns a share into "1 in 2,804".
func oneIn(share float64) string {
	if n := 1 / share; n >= 1 && n < 1e15 {
		return "1 in " + count(int(n))
	}
	return percent(share)
}

// clean makes one line of a text that may have come from anywhere: what could steer a
// terminal, break a line, or turn the reading direction is shown as Go escapes it.
func clean(s string) string { return printable.Text(s) }

// cleanLines is clean for a text of several lines.
func cleanLines(s string) []string {
	s = strings.ReplaceAll(strings.TrimRight(s, "\n"), "\r\n", "\n")
	if s == "" {
		return nil
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = clean(strings.ReplaceAll(line, "\t", "    "))
	}
	return lines
}

// cut shortens a text to n runes.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(0, n-1)]) + "…"
}

// pad fills a text up to n runes.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s)))
}
