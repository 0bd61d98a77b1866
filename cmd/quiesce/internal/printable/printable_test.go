// SPDX-License-Identifier: Apache-2.0

package printable_test

import (
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/printable"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                    "",
		"plain “text”":        "plain “text”",
		"a\x1b[2Jb":           `a\x1b[2Jb`,
		"two\nlines":          `two\nlines`,
		"\u202eright to left": `\u202eright to left`,
		"\u2028":              `\u2028`,
		"broken \xff byte":    `broken \xff byte`,
	} {
		if got := printable.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	long := strings.Repeat("x", 90)
	got := printable.Wrap("a  b\n" + strings.Repeat("word ", 16) + long + " end")
	want := "a b" + strings.Repeat(" word", 15) + "\nword\n" + long + "\nend"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
