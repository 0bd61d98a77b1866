// SPDX-License-Identifier: Apache-2.0

// Package printable makes texts of others fit to be printed.
package printable

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s with all that would change how a terminal or a page shows the rest, as
// escape sequences of Go.
func Text(s string) string {
	if !strings.ContainsFunc(s, unprintable) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, w := 0, 0; i < len(s); i += w {
		var r rune
		r, w = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && w == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unprintable(r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Rune reports whether a rune has a picture of its own, and does not change how others
// are read. Cf holds the ones that turn the direction, Zl and Zp end a line; private use
// and unassigned ones draw nothing that a reader could name.
func Rune(r rune) bool {
	return r == ' ' || unicode.IsGraphic(r) && !unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

func unprintable(r rune) bool { return !Rune(r) }
