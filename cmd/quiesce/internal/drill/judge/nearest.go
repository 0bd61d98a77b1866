// SPDX-License-Identifier: Apache-2.0

package judge

import "strings"

// Nearest returns the id of the check that somebody who wrote id may have meant, "" if
// none is near: one that takes few changes of letters, or has id in it.
func Nearest(id string) string {
	if id == "" {
		return ""
	}
	best, least := "", 1+len(id)/3
	for _, e := range catalog() {
		if d := distance(id, e.ID); d < least {
			best, least = e.ID, d
		}
	}
	for _, e := range catalog() {
		if best == "" && strings.Contains(e.ID, strings.ToLower(id)) {
			best = e.ID
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
