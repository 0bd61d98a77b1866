// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/version"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const list = "# release: go1.26\nfile\tfunction\tcheck\treason\n"

// TestCompareStd looks at a package in which a check finds something.
func TestCompareStd(t *testing.T) {
	const (
		dials = "log/syslog/syslog_unix.go\tunixSyslog\tblockingcall\tits API has no limit\n"
		also  = "log/syslog/syslog.go\t(*Writer).connect\tblockingcall\tits API has no limit\n"
		gone  = "log/syslog/syslog.go\t(*Writer).Close\ttimeafter\tno more\n"
	)
	for _, test := range []struct{ list, stdout, err string }{
		{dials + also, "2 findings, all of them listed", ""},
		{dials, "new: log/syslog/syslog.go:162 (*Writer).connect blockingcall: net.Dial", "1 findings are not listed, 0 "},
		{dials + also + gone, "not found: log/syslog/syslog.go (*Writer).Close timeafter: no more", "0 findings are not listed, 1 "},
	} {
		file := filepath.Join(t.TempDir(), "std.tsv")
		if err := os.WriteFile(file, []byte(list+test.list), 0o644); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr strings.Builder
		err := compareStd(t.Context(), file, &stdout, &stderr, "log/syslog")
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("error %v, want one with %q", err, test.err)
		}
		if !strings.HasPrefix(stdout.String(), test.stdout) {
			t.Errorf("printed\n%s\nwant\n%s", &stdout, test.stdout)
		}
	}
}

// TestStd is "corpus -std" with the release of Go that the list is for.
func TestStd(t *testing.T) {
	var stdout, stderr strings.Builder
	if is := version.Lang(runtime.Version()); is != "go1.26" {
		t.Skipf("testdata/std.tsv is for go1.26, and this is %s", is)
	}
	if err := compareStd(t.Context(), filepath.Join("..", "..", "testdata", "std.tsv"), &stdout, &stderr, standard...); err != nil {
		t.Errorf("%v\n%s", err, &stdout)
	}
}
