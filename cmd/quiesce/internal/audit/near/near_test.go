// SPDX-License-Identifier: Apache-2.0

package near

import (
	"strings"
	"testing"
)

func TestWord(t *testing.T) {
	words := []string{"count", "name", "terminationGracePeriodSeconds", "grace-too-short", "grace-zero"}
	for written, want := range map[string]string{
		"conut": "count", "Count": "count", "nam": "name", "cuont": "count", "xyz": "", "": "",
		"terminationGracePeriod": "terminationGracePeriodSeconds", "grace-to-short": "grace-too-short",
		"zero": "grace-zero", strings.Repeat("a", 1000): "",
	} {
		if got := Word(written, words); got != want {
			t.Errorf("Word(%q) = %q, want %q", written, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"", "ab", 2}, {"ab", "ba", 1}, {"kitten", "sitting", 3}, {"abcd", "acbd", 1}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
