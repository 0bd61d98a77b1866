// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/internal/policy"
)

var update = flag.Bool("update", false, "write the page and the verdicts seen")

func TestMain(m *testing.M) {
	claim.Children(catalogue())
	os.Exit(m.Run())
}

// catalogue lists every claim. Those of one chapter are together.
func catalogue() []claim.Claim {
	return slices.Concat(
		defaultActionClaims(), notifyClaims(), runtimeSignalClaims(),
		contextClaims(), goroutineClaims(),
		serverClaims(), childProcessClaims(), databaseClaims(),
	)
}

var chapters = []claim.Chapter{
	{Letter: "S", Title: "Signals"},
	{Letter: "C", Title: "Contexts"},
	{Letter: "G", Title: "Goroutines, panics, channels, memory"},
	{Letter: "H", Title: "HTTP servers"},
	{Letter: "P", Title: "Processes, their parents and their children"},
	{Letter: "D", Title: "Databases"},
}

func TestContract(t *testing.T) {
	began := time.Now()
	claim.Catalogue{
		Claims:   catalogue(),
		Page:     claim.Page{Intro: intro, Chapters: chapters, Machine: machine()},
		File:     "../docs/reference/contract.md",
		SeenFile: "testdata/seen.txt",
	}.Check(t, *update)
	t.Logf("%d claims in %v", len(catalogue()), time.Since(began).Round(time.Millisecond))
}

const intro = `# The contract

What Go and the Linux kernel really do with signals, contexts, goroutines,
servers and processes. Articles, answers and habits contradict each other, and
much of what is repeated is false. Here each claim is an experiment: a small
program that is run against the real runtime and kernel. The verdict is computed
from what was observed, and every sentence under "What happens" is asserted by a
test. Figures in _(italics)_ differ from run to run.

This page is generated. To settle the claims on your machine:

	go test ./contract -v

Database drivers have [a page of their own](contract-drivers.md).

**holds**: all that must be seen if the claim is right as told was seen.
**false**: none of it. **depends**: some of it; the section says which.
`

// machine describes where the page is made.
func machine() string {
	var u syscall.Utsname
	if err := syscall.Uname(&u); err != nil {
		panic(err)
	}
	var kernel []byte
	for _, c := range u.Release {
		if c == 0 {
			break
		}
		kernel = append(kernel, byte(c))
	}
	release, _, _ := strings.Cut(string(kernel), "-") // the rest names whoever built it
	return fmt.Sprintf("%s, %s/%s, Linux %s, on %s",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, release, time.Now().Format(time.DateOnly))
}

// TestClaimsAreWellFormed: ids are unique and in order, belong to a chapter,
// and what is said to take care of a claim exists.
func TestClaimsAreWellFormed(t *testing.T) {
	tree, err := policy.Load(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range catalogue() {
		if seen[c.ID] {
			t.Errorf("%s: twice", c.ID)
		}
		seen[c.ID] = true
		if !slices.ContainsFunc(chapters, func(ch claim.Chapter) bool { return strings.HasPrefix(c.ID, ch.Letter) }) {
			t.Errorf("%s: no chapter", c.ID)
		}
		for _, name := range c.Covered {
			if !tree.HasSymbol(name) {
				t.Errorf("%s: covered by %s, which does not exist", c.ID, name)
			}
		}
		for _, text := range []string{c.Told, c.So} {
			if strings.ContainsAny(text, "\n|") {
				t.Errorf("%s: a line break or bar in %q would break the page", c.ID, text)
			}
		}
	}
}
