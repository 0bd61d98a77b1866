// SPDX-License-Identifier: Apache-2.0

package claim

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A Catalogue is a list of claims, the page about them and the verdicts seen.
type Catalogue struct {
	Claims   []Claim // the whole list
	Page     Page    // how it is written
	File     string  // of the page
	SeenFile string  // of the verdicts seen, by Go version
}

// Check runs every trial as a subtest, in parallel, and prints the table. Then
// it writes the page and the verdicts if update is set; otherwise it fails the
// test if what was observed is not what they say. Claims that were not run, by
// -run or because this machine cannot, are left out of the comparison.
func (c Catalogue) Check(t *testing.T, update bool) {
	results := c.run(t)
	sortResults(results, c.Page.Chapters)
	t.Logf("%s %s/%s\n%s", runtime.Version(), runtime.GOOS, runtime.GOARCH, Table(results))
	seen, err := readSeen(c.SeenFile)
	if err != nil {
		t.Fatal(err)
	}
	if t.Failed() {
		return // what failed says more than the page could
	}
	if update {
		c.update(t, results, seen)
		return
	}
	c.compare(t, results, seen)
}

// run makes the trials.
func (c Catalogue) run(t *testing.T) []*Result {
	var mu sync.Mutex
	var results []*Result
	built := &builds{dir: t.TempDir(), made: map[string]func() (string, error){}}
	t.Run("claims", func(t *testing.T) {
		for _, claim := range c.Claims {
			t.Run(claim.ID, func(t *testing.T) {
				t.Parallel()
				r := &Result{Claim: claim}
				mu.Lock()
				results = append(results, r)
				mu.Unlock()
				r.try(t, built)
			})
		}
	})
	return results
}

// try settles the claim. It does not return if that cannot be done.
func (r *Result) try(t testing.TB, built *builds) {
	c := r.Claim
	switch {
	case (c.Trial == nil) == (c.Cited == nil):
		t.Fatalf("%s needs either a trial or a citation", c.ID)
	case c.Told == "" || c.So == "":
		t.Fatalf("%s does not say how it is told, or what follows", c.ID)
	case c.Cited != nil:
		return
	}
	c.Trial(&Trial{TB: t, result: r, builds: built})
	if len(r.Predictions) == 0 || len(r.Facts) == 0 {
		t.Fatalf("%s: the trial predicted nothing or found no fact", c.ID)
	}
	for _, p := range r.Predictions {
		t.Logf("told: %s: %v", p.Text, p.Seen)
	}
	for _, f := range r.Facts {
		t.Logf("fact: %s%s", f.Text, figures(f))
	}
	t.Logf("%s: %s", c.ID, r.Verdict())
}

// update writes what was observed.
func (c Catalogue) update(t testing.TB, results []*Result, seen Seen) {
	if len(results) != len(c.Claims) {
		t.Fatalf("%d of %d claims were run: the page needs all", len(results), len(c.Claims))
	}
	for _, r := range results {
		if r.Skipped != "" {
			t.Fatalf("%s was not run: %s", r.Claim.ID, r.Skipped)
		}
		if r.Claim.Cited == nil {
			seen.add(r.Claim.ID, runtime.Version(), r.Verdict())
		}
	}
	if err := seen.write(c.SeenFile); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.File, []byte(c.Page.Render(results, seen)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// compare fails the test where a verdict changed, or where the page says other
// than what was observed. The page is that of one Go version: with another only
// verdicts are compared.
func (c Catalogue) compare(t testing.TB, results []*Result, seen Seen) {
	data, err := os.ReadFile(c.File)
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	written, sameGo := sections(page), strings.Contains(page, machineLine+runtime.Version()+",")
	for _, r := range results {
		id := r.Claim.ID
		if r.Skipped != "" {
			t.Logf("%s: not run here: %s", id, r.Skipped)
			continue
		}
		if version, v := seen.expect(id, runtime.Version()); r.Claim.Cited == nil && v != r.Verdict() {
			t.Errorf("%s: %s with %s, but the last verdict is %q, with %s", id, r.Verdict(), runtime.Version(), v, version)
		}
		if got, want := withoutFigures(written[id]), withoutFigures(r.Section(seen)); sameGo && got != want {
			t.Errorf("%s: the page is stale; run with -update and read what changed.\nIt says:\n%s\nnow:\n%s", id, got, want)
		}
	}
	if len(results) == len(c.Claims) && len(written) != len(c.Claims) {
		t.Errorf("the page has %d claims, the catalogue %d: run with -update", len(written), len(c.Claims))
	}
	if !sameGo {
		t.Logf("the page is not that of %s: only verdicts were compared", runtime.Version())
	}
}
