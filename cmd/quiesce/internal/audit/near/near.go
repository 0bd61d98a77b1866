// SPDX-License-Identifier: Apache-2.0

// Package near finds the word that somebody may have meant.
package near

import (
	"slices"
	"strings"
)

// Word returns the one of words that is nearest to what was written, "" if none is near:
// one that takes few changes of letters, or has it in it.
func Word(written string, words []string) string {
	if written == "" {
		return ""
	}
	words = slices.Sorted(slices.Values(words))
	best, least := "", 1+len(written)/3
	for _, w := range words {
		if d := distance(strings.ToLower(written), strings.ToLower(w)); d < least {
			best, least = w, d
		}
	}
	for _, w := range words {
		if best == "" && len(written) > 2 && strings.Contains(w, strings.ToLower(written)) {
			best = w
		}
	}
	return best
}

// distance returns how many letters have to be put in, taken out or changed to make b
// of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0]++
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
