// SPDX-License-Identifier: Apache-2.0

// Package nearest finds what somebody may have meant.
package nearest

import "strings"

// Of returns the name that somebody who wrote word may have meant, "" if none is near:
// one that takes few changes of letters, or has word in it.
func Of(word string, names []string) string {
	if word == "" {
		return ""
	}
	best, least := "", 1+len(word)/3
	for _, name := range names {
		if d := distance(word, name); d < least {
			best, least = name, d
		}
	}
	for _, name := range names {
		if best == "" && strings.Contains(name, strings.ToLower(word)) {
			best = name
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
