// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/analysis/internal/corpus"
)

const knownHead = "# release: go1.26\nfile\tfunction\tcheck\treason\n"

func TestReadKnown(t *testing.T) {
	list, goVersion, err := corpus.ReadKnown(strings.NewReader(knownHead + "# more\n\nnet/a.go\t(*T).F\ttimeafter\tbounded\n"))
	want := []corpus.Known{{File: "net/a.go", Function: "(*T).F", Check: "timeafter", Reason: "bounded"}}
	if err != nil || goVersion != "go1.26" || !slices.Equal(list, want) {
		t.Errorf("ReadKnown = %+v, %q, %v, want %+v", list, goVersion, err, want)
	}
}

func TestReadKnownMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"file\tcheck\n":                          "line 1: columns",
		"file\tfunction\tcheck\treason\n":        "no line \"# release: \"",
		knownHead + "net/a.go\tF\ttimeafter\n":   "line 3: ",
		knownHead + "net/a.go\tF\ttimeafter\t\n": "line 3: ",
	} {
		if _, _, err := corpus.ReadKnown(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadKnown(%q): error %v, want one with %q", text, err, want)
		}
	}
}

func TestUnknown(t *testing.T) {
	known := []corpus.Known{
		{File: "net/a.go", Function: "F", Check: "timeafter", Reason: "r"},
		{File: "net/a.go", Function: "G", Check: "timeafter", Reason: "r"},
	}
	found := []corpus.Place{
		{File: "net/a.go", Function: "F", Check: "wgadd", Line: 7},
		{File: "net/a.go", Function: "F", Check: "timeafter", Line: 9},
		{File: "net/a.go", Function: "F", Check: "timeafter", Line: 5},
	}
	corpus.Sort(found)
	if found[0].Line != 5 || found[2].Line != 9 {
		t.Errorf("Sort = %+v", found)
	}
	fresh, stale := corpus.Unknown(known, found)
	if !slices.Equal(fresh, found[1:2]) || !slices.Equal(stale, known[1:]) {
		t.Errorf("Unknown = %+v, %+v", fresh, stale)
	}
}
