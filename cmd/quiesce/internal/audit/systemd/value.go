// SPDX-License-Identifier: Apache-2.0

package systemd

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// forever is a timeout that never ends.
const forever = time.Duration(math.MaxInt64)

// units are those of systemd.time(7).
var units = []struct {
	names string
	of    time.Duration
}{
	{"us usec µs", time.Microsecond},
	{"ms msec", time.Millisecond},
	{"s sec second seconds", time.Second},
	{"m min minute minutes", time.Minute},
	{"h hr hour hours", time.Hour},
	{"d day days", 24 * time.Hour},
	{"w week weeks", 7 * 24 * time.Hour},
	{"M month months", 30*24*time.Hour + 10*time.Hour},
	{"y year years", 365*24*time.Hour + 6*time.Hour},
}

func unitOf(word string) (time.Duration, bool) {
	for _, u := range units {
		if slices.Contains(strings.Fields(u.names), word) {
			return u.of, true
		}
	}
	return 0, false
}

const digits = "0123456789."

// span reads a time span: "90", "1min 30s", "infinity". A timeout of 0 is none, too.
func span(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text == "infinity" {
		return forever, true
	}
	var sum float64
	for text != "" {
		number := text[:len(text)-len(strings.TrimLeft(text, digits))]
		value, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return 0, false
		}
		text = strings.TrimLeft(text[len(number):], " \t")
		end := strings.IndexAny(text, digits+" \t")
		if end < 0 {
			end = len(text)
		}
		unit, ok := unitOf(text[:end])
		if end == 0 {
			unit, ok = time.Second, true
		}
		if !ok {
			return 0, false
		}
		sum += value * float64(unit)
		text = strings.TrimLeft(text[end:], " \t")
	}
	if sum == 0 || sum >= float64(forever) {
		return forever, true
	}
	return time.Duration(sum), true
}

// boolean reads what systemd takes for yes and no.
func boolean(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "1", "yes", "y", "true", "t", "on":
		return true, true
	case "0", "no", "n", "false", "f", "off":
		return false, true
	}
	return false, false
}

// unknownYet reports whether a value depends on something that is not in the file.
func unknownYet(value string) bool { return strings.ContainsAny(value, "%$@{") }
