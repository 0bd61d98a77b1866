// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"slices"
	"strings"
	"testing"

	goanalysis "golang.org/x/tools/go/analysis"

	"github.com/go-quiesce/quiesce/analysis"
)

func TestSuite(t *testing.T) {
	suite := analysis.Suite()
	if err := goanalysis.Validate(suite); err != nil {
		t.Fatal(err)
	}
	last := len(suite) - 1
	if suite[last].Name != "ignore" {
		t.Errorf("the last analyzer is %s, want ignore", suite[last].Name)
	}
	if names := names(suite[:last]); !slices.IsSorted(names) {
		t.Errorf("not sorted by name: %v", names)
	}
	for _, a := range suite {
		title, text, _ := strings.Cut(a.Doc, "\n")
		if strings.HasSuffix(title, ".") || !strings.Contains(text, "//quiesce:ignore ") && a.Name != "ignore" {
			t.Errorf("%s: the documentation has no title without a full stop, or does not say how to switch it off", a.Name)
		}
	}
}

// TestSelect looks at what ignore waits for.
func TestSelect(t *testing.T) {
	all := analysis.Suite()
	off := all[0].Name
	some := analysis.Select(func(name string) bool { return name != off })
	if got, want := names(some), names(all); !slices.Equal(got, want) {
		t.Errorf("Select(without %s) has %v, want all: %v", off, got, want)
	}
	ignore := some[len(some)-1]
	if slices.Contains(names(ignore.Requires), off) {
		t.Errorf("ignore waits for %s, which is off", off)
	}
}

func names(list []*goanalysis.Analyzer) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.Name)
	}
	return out
}
