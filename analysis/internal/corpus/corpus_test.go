// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"os"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/analysis/internal/corpus"
)

const head = "module\tversion\tfile\tline\tcheck\tverdict\treason\n"

func TestRead(t *testing.T) {
	sites, err := corpus.Read(strings.NewReader("# sites\n\n" + head + "m\tv1.0.0\tcmd/a.go\t7\ttimeafter\tbug\tpiles up\n"))
	want := corpus.Site{Module: "m", Version: "v1.0.0", File: "cmd/a.go", Line: 7, Check: "timeafter", Verdict: corpus.Bug, Reason: "piles up"}
	if err != nil || len(sites) != 1 || sites[0] != want {
		t.Errorf("Read = %+v, %v, want %+v", sites, err, want)
	}
}

func TestReadMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"module\tfile\n":                               "line 1: columns",
		head + "m\tv1\ta.go\t7\n":                      "line 2: 4 fields",
		head + "m\tv1\ta.go\tx\ttimeafter\tbug\tr\n":   "line 2: line \"x\"",
		head + "m\tv1\ta.go\t1\ttimeafter\tmaybe\tr\n": "line 2: verdict \"maybe\"",
		head + "\nm\tv1\ta.go\t1\ttimeafter\tbug\t\n":  "line 3: no reason for a.go:1",
	} {
		if _, err := corpus.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%q): error %v, want one with %q", text, err, want)
		}
	}
}

// TestCorpus reads the sites of this repository: enough of them, in enough programs.
func TestCorpus(t *testing.T) {
	f, err := os.Open("../../testdata/corpus.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sites, err := corpus.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	bugs := 0
	programs := map[string]bool{}
	for _, s := range sites {
		programs[s.Module] = true
		if s.Verdict == corpus.Bug {
			bugs++
		}
	}
	if len(sites) < 150 || len(programs) < 12 || bugs == 0 || bugs == len(sites) {
		t.Errorf("%d sites, %d of them bugs, in %d programs: too few to say how good the checks are", len(sites), bugs, len(programs))
	}
}

func site(line int, check string, v corpus.Verdict) corpus.Site {
	return corpus.Site{Module: "m", Version: "v1", File: "a.go", Line: line, Check: check, Verdict: v, Reason: "because"}
}

func found(line int, check string) corpus.Finding {
	return corpus.Finding{Module: "m", Version: "v1", File: "a.go", Line: line, Check: check, Message: "oh"}
}

func TestCompare(t *testing.T) {
	r := corpus.Compare(
		[]corpus.Site{
			site(10, "x", corpus.Bug), site(14, "x", corpus.Innocent), // a finding at 12 is as near to either: the first
			site(30, "x", corpus.Bug), site(50, "x", corpus.Innocent), site(60, "y", corpus.Bug),
		},
		[]corpus.Finding{
			found(12, "x"), found(9, "x"), // the same bug twice
			found(34, "x"), // one line too far
			found(53, "x"), // false
			found(60, "x"), // the place of another check
		},
	)
	want := []corpus.Score{
		{Check: "x", Found: 1, Missed: 1, False: 1, Innocent: 2, Unjudged: 2},
		{Check: "y", Missed: 1},
	}
	if len(r.Scores) != 2 || r.Scores[0] != want[0] || r.Scores[1] != want[1] {
		t.Errorf("scores %+v, want %+v", r.Scores, want)
	}
	if p, ok := r.Total.Precision(); !ok || p != 0.5 {
		t.Errorf("precision %v, %t, want 0.5", p, ok)
	}
	if p, ok := r.Total.Recall(); !ok || p != 1.0/3 {
		t.Errorf("recall %v, %t, want a third", p, ok)
	}
	if _, ok := r.Scores[1].Precision(); ok {
		t.Error("a precision of nothing")
	}
	var b strings.Builder
	if err := r.Print(&b); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != printed {
		t.Errorf("printed:\n%s\nwant:\n%s", got, printed)
	}
}

const printed = `  found  missed  false  innocent  unjudged  precision  recall  check
      1       1      1         2         2       0.50    0.50  x
      0       1      0         0         0          -    0.00  y
      1       2      1         2         2       0.50    0.33  all

false: reported, and innocent
  m@v1/a.go:50 x: because

missed: bugs that are not reported
  m@v1/a.go:30 x: because
  m@v1/a.go:60 y: because

unjudged: reported where nobody has looked
  m@v1/a.go:34 x: oh
  m@v1/a.go:60 x: oh
`
