// SPDX-License-Identifier: Apache-2.0

package claim

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A fakeTest stands for the test that a trial is; Fatal ends its goroutine.
type fakeTest struct {
	testing.TB
	said    strings.Builder
	failed  bool
	skipped bool
}

func (f *fakeTest) Helper()                  {}
func (f *fakeTest) Logf(s string, a ...any)  { fmt.Fprintf(&f.said, s+"\n", a...) }
func (f *fakeTest) Skipf(s string, a ...any) { f.Logf(s, a...); f.skipped = true; runtime.Goexit() }
func (f *fakeTest) Errorf(s string, a ...any) {
	f.Logf(s, a...)
	f.failed = true
}

func (f *fakeTest) Fatalf(s string, a ...any) {
	f.Errorf(s, a...)
	runtime.Goexit()
}

// Fatal and Failed complete what the code under test uses.
func (f *fakeTest) Fatal(a ...any) { f.Fatalf("%s", fmt.Sprint(a...)) }
func (f *fakeTest) Failed() bool   { return f.failed }

// try settles a claim on a goroutine of its own.
func try(c Claim) (*Result, *fakeTest) {
	r, f := &Result{Claim: c}, new(fakeTest)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.try(f, nil)
	}()
	<-done
	return r, f
}

// told returns a claim whose trial sees these predictions, and one fact.
func told(fact bool, seen ...bool) Claim {
	return Claim{ID: "S01", Told: "It is so.", So: "Nothing.", Trial: func(x *Trial) {
		for i, s := range seen {
			x.Told(s, "case %d", i)
		}
		x.Measured(fact, "It was counted.", "%d of %d", 3, 4)
	}}
}

func TestVerdictFollowsFromPredictions(t *testing.T) {
	for _, tc := range []struct {
		seen []bool
		want Verdict
	}{
		{[]bool{true, true}, Holds},
		{[]bool{false, false}, False},
		{[]bool{false, true}, Depends},
		{[]bool{true}, Holds},
		{[]bool{false}, False},
	} {
		r, f := try(told(true, tc.seen...))
		if got := r.Verdict(); got != tc.want || f.failed {
			t.Errorf("predictions %v: verdict %q, failed %v; want %q\n%s", tc.seen, got, f.failed, tc.want, f.said.String())
		}
	}
}

func TestFactThatIsNotSoFails(t *testing.T) {
	_, f := try(told(false, true))
	if !f.failed || !strings.Contains(f.said.String(), "S01: not so: It was counted. (3 of 4)") {
		t.Errorf("failed %v, said %q", f.failed, f.said.String())
	}
}

// TestUnsettledClaimFails: a claim needs a way to be settled, and something to
// be settled by.
func TestUnsettledClaimFails(t *testing.T) {
	both, silent, untold := told(true, true), told(true, true), told(true, true)
	both.Cited = &Citation{}
	silent.Trial = func(*Trial) {}
	untold.Told = ""
	for name, c := range map[string]Claim{
		"neither trial nor citation": {ID: "S01", Told: "x", So: "x"},
		"both":                       both, "no prediction": silent, "not told": untold,
		"no such program": {ID: "S01", Told: "x", So: "x", Trial: func(x *Trial) { x.Program("none") }},
	} {
		if _, f := try(c); !f.failed {
			t.Errorf("%s: did not fail", name)
		}
	}
}

func TestCannotRun(t *testing.T) {
	c := told(true, true)
	c.Trial = func(x *Trial) { x.CannotRun("no %s", "kernel") }
	r, f := try(c)
	if !f.skipped || r.Skipped != "no kernel" || r.Verdict() != NotRun {
		t.Errorf("skipped %v, reason %q, verdict %q", f.skipped, r.Skipped, r.Verdict())
	}
	if table := Table([]*Result{r}); !strings.Contains(table, "S01  not run") {
		t.Errorf("table:\n%s", table)
	}
}

// compared runs the comparison against a page and verdicts made from before.
func compared(t *testing.T, before, now Claim) *fakeTest {
	t.Helper()
	dir := t.TempDir()
	c := Catalogue{
		Claims: []Claim{before},
		Page: Page{
			Intro: "# Page\n", Chapters: []Chapter{{"C", "Contexts"}, {"S", "Signals"}},
			Machine: runtime.Version() + ", here",
		},
		File: filepath.Join(dir, "page.md"), SeenFile: filepath.Join(dir, "seen.txt"),
	}
	r, f := try(before)
	c.update(t, []*Result{r}, Seen{})
	seen, err := readSeen(c.SeenFile)
	if err != nil || f.failed {
		t.Fatal(err, f.said.String())
	}
	c.Claims = []Claim{now}
	r, f = try(now)
	c.compare(f, []*Result{r}, seen)
	return f
}

// TestCompare: what the page says must still be observed, figures aside.
func TestCompare(t *testing.T) {
	figures := told(true, true)
	figures.Trial = func(x *Trial) {
		x.Told(true, "case 0")
		x.Measured(true, "It was counted.", "40 of 41")
	}
	otherFact := told(true, true)
	otherFact.Trial = func(x *Trial) {
		x.Told(true, "case 0")
		x.Fact(true, "It was weighed.")
	}
	otherPrediction := told(true, true, false)
	reworded := told(true, true)
	reworded.So = "Something."
	skipped := told(true, true)
	skipped.Trial = func(x *Trial) { x.CannotRun("no kernel") }
	for _, tc := range []struct {
		name   string
		before Claim
		now    Claim
		want   string // "" if all is well
	}{
		{"same", told(true, true), told(true, true), ""},
		{"figures", told(true, true), figures, ""},
		{"cannot be run", told(true, true), skipped, ""},
		{"flipped", told(true, true), told(true, false), `S01: false with ` + runtime.Version() + `, but the last verdict is "holds"`},
		{"partly flipped", told(true, true), otherPrediction, "S01: depends"},
		{"another fact", told(true, true), otherFact, "the page is stale"},
		{"depends on something else", told(true, true, false), told(true, false, true), "the page is stale"},
		{"another advice", told(true, true), reworded, "the page is stale"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := compared(t, tc.before, tc.now)
			if f.failed != (tc.want != "") || !strings.Contains(f.said.String(), tc.want) {
				t.Errorf("failed %v, want %q; said:\n%s", f.failed, tc.want, f.said.String())
			}
		})
	}
}

// TestUpdateNeedsEverything: a page of a part of the catalogue is never written.
func TestUpdateNeedsEverything(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	cannot := told(true, true)
	cannot.Trial = func(x *Trial) { x.CannotRun("no kernel") }
	skipped, _ := try(cannot)
	for name, results := range map[string][]*Result{"filtered": nil, "not run": {skipped}} {
		f := new(fakeTest)
		done := make(chan struct{})
		go func() {
			defer close(done)
			Catalogue{Claims: []Claim{cannot}, File: file, SeenFile: file}.update(f, results, Seen{})
		}()
		<-done
		if _, err := os.Stat(file); !f.failed || err == nil {
			t.Errorf("%s: failed %v, page there: %v", name, f.failed, err == nil)
		}
	}
}

func TestSeenVersions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "seen.txt")
	s := Seen{}
	for version, v := range map[string]Verdict{"go1.26.8": False, "go1.9": False, "go1.26.10": Holds} {
		s.add("S15", version, v)
	}
	s.add("S16", "go1.9", Depends)
	s.add("S16", "go1.10", Depends)
	if err := s.write(file); err != nil {
		t.Fatal(err)
	}
	s, err := readSeen(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.line("S15"), " It changed: go1.9: false, go1.26.8: false, go1.26.10: holds."; got != want {
		t.Errorf("S15: %q, want %q", got, want)
	}
	if got, want := s.line("S16"), " The same with go1.9, go1.10."; got != want {
		t.Errorf("S16: %q, want %q", got, want)
	}
	for version, want := range map[string]Verdict{"go1.26.8": False, "go1.27.3": Holds} {
		if _, got := s.expect("S15", version); got != want {
			t.Errorf("with %s: expect %q, want %q", version, got, want)
		}
	}
	if err := os.WriteFile(file, []byte("S15 holds\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readSeen(file); err == nil || !strings.Contains(err.Error(), `line "S15 holds"`) {
		t.Errorf("a line without a version: %v", err)
	}
}

func TestPage(t *testing.T) {
	first := told(true, true, false)
	first.Covered, first.Vet = []string{"sigmux.Die"}, "a mistake"
	second := Claim{ID: "C02", Told: "A document says so.", So: "Read it.", Cited: &Citation{Verdict: False, Source: "the document", Facts: []string{"It does not."}}}
	a, _ := try(first)
	b, _ := try(second)
	p := Page{Intro: "# Page\n", Chapters: []Chapter{{"C", "Contexts"}, {"S", "Signals"}}, Machine: "go1, here"}
	page := p.Render([]*Result{a, b}, Seen{})
	const want = `# Page

Observed with go1, here.

## Contexts

| | as told | |
|---|---|---|
| [C02](#c02) | A document says so. | **false**, by the document |

### C02

> A document says so.

**false**, by the document.

What happens:

- It does not.

Not run; from the document.

What follows: Read it.

## Signals

| | as told | |
|---|---|---|
| [S01](#s01) | It is so. | **depends** |

### S01

> It is so.

**depends**.

As told:

- case 0

Not as told:

- case 1

What happens:

- It was counted. _(3 of 4)_

What follows: Nothing.

In quiesce: ` + "`sigmux.Die`" + `.

For a vet check: a mistake.
`
	if page != want {
		t.Errorf("page:\n%s\nwant:\n%s", page, want)
	}
	for _, r := range []*Result{a, b} {
		if got := sections(page)[r.Claim.ID]; got != r.Section(Seen{}) {
			t.Errorf("section %s read back:\n%q\nwant\n%q", r.Claim.ID, got, r.Section(Seen{}))
		}
	}
}
