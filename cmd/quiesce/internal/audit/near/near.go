// SPDX-License-Identifier: Apache-2.0

// Package near finds the word that somebody may have meant.
package near

import (
	"slices"
	"strings"
)

// mostLetters bounds what is compared.
const mostLetters = 100

// Word returns the one of words that is nearest to what was written, "" if none is near:
// one that takes few changes of letters, or has it in it.
func Word(written string, words []string) string {
	if written == "" || len(written) > mostLetters {
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

// distance returns how many letters have to be put in, taken out, changed or swapped with
// the next to make b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			best := min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				best = min(best, rows[i-2][j-2]+1)
			}
			rows[i][j] = best
		}
	}
	return rows[len(a)][len(b)]
}
