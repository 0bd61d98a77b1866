// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/analysis/internal/corpus"
)

// TestFindStd looks at a package in which a check finds something.
func TestFindStd(t *testing.T) {
	found, err := findStd(t.Context(), "log/syslog")
	if err != nil {
		t.Fatal(err)
	}
	known := []corpus.Known{
		{File: "log/syslog/syslog.go", Function: "(*Writer).connect", Check: "blockingcall"},
		{File: "log/syslog/syslog_unix.go", Function: "unixSyslog", Check: "blockingcall"},
	}
	if fresh, stale := corpus.Unknown(known, found); len(fresh)+len(stale) > 0 {
		t.Errorf("not expected: %+v, not found: %+v", fresh, stale)
	}
}

func TestPrintStd(t *testing.T) {
	known := []corpus.Known{{File: "net/a.go", Function: "F", Check: "timeafter", Reason: "is bounded"}}
	found := []corpus.Place{{File: "net/a.go", Function: "F", Check: "timeafter", Line: 7, Message: "piles up"}}
	for _, test := range []struct {
		known       []corpus.Known
		found       []corpus.Place
		stdout, err string
	}{
		{known, found, "1 findings, all of them listed\n", ""},
		{nil, found, "new: net/a.go:7 F timeafter: piles up\n", "1 findings are not listed, 0 that are listed are not found"},
		{known, nil, "not found: net/a.go F timeafter: is bounded\n", "0 findings are not listed, 1 that are listed are not found"},
	} {
		var stdout strings.Builder
		err := printStd(&stdout, test.known, test.found)
		if stdout.String() != test.stdout || (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
			t.Errorf("printed %q and failed with %v, want %q and %q", &stdout, err, test.stdout, test.err)
		}
	}
}

// TestStd is "corpus -std" with the release of Go that the list is for. It runs outside of
// the test, where the race detector does not make it five times as slow.
func TestStd(t *testing.T) {
	list := filepath.Join("testdata", "std.tsv")
	known, err := os.Open(filepath.Join("..", "..", list))
	if err != nil {
		t.Fatal(err)
	}
	defer known.Close()
	_, release, err := corpus.ReadKnown(known)
	if err != nil {
		t.Fatal(err)
	}
	if is := version.Lang(runtime.Version()); is != release {
		t.Skipf("%s is for %s, and this is %s", list, release, is)
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", "./cmd/corpus", "-std")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.CombinedOutput()
	if err != nil || !slices.Contains(strings.Fields(string(out)), "listed") {
		t.Errorf("%v\n%s", err, out)
	}
}
