// SPDX-License-Identifier: Apache-2.0

package nearest

import "strings"

// Misspelt returns the one of words of which what was written is a slip: other
// capitals, or a letter or two that are wrong. It is stricter than [Of], for where there are
// many words that nobody knows all of.
func Misspelt(written string, words []string) string {
	for _, w := range words {
		slips := min(2, len(w)/4)
		if w != written && abs(len(w)-len(written)) <= slips && distance(strings.ToLower(written), strings.ToLower(w)) <= slips {
			return w
		}
	}
	return ""
}

func abs(n int) int { return max(n, -n) }
