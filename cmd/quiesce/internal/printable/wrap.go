// SPDX-License-Identifier: Apache-2.0

package printable

import "strings"

// width is how long a line is in a terminal.
const width = 80

// Wrap puts the words of a paragraph into lines that fit a terminal. A word that is longer
// has a line of its own.
func Wrap(paragraph string) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(paragraph) {
		switch {
		case column == 0:
		case column+1+len(word) > width:
			b.WriteString("\n")
			column = 0
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
