// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each line is as go test -json writes it, less the times.
const (
	passing = `{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestGood"}
{"Action":"output","Package":"m/a","Test":"TestGood","Output":"noise of TestGood\n"}
{"Action":"pass","Package":"m/a","Test":"TestGood"}
{"Action":"run","Package":"m/a","Test":"TestSkip"}
{"Action":"output","Package":"m/a","Test":"TestSkip","Output":"=== RUN   TestSkip\n"}
{"Action":"output","Package":"m/a","Test":"TestSkip","Output":"    a_test.go:7: needs root\n"}
{"Action":"output","Package":"m/a","Test":"TestSkip","Output":"--- SKIP: TestSkip (0.00s)\n"}
{"Action":"skip","Package":"m/a","Test":"TestSkip"}
{"Action":"output","Package":"m/a","Output":"PASS\n"}
{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t0.1s\n"}
{"Action":"pass","Package":"m/a"}
`
	failing = `{"Action":"run","Package":"m/b","Test":"TestBad"}
{"Action":"output","Package":"m/b","Test":"TestBad","Output":"    b_test.go:9: got 1, want 2\n"}
{"Action":"fail","Package":"m/b","Test":"TestBad"}
{"Action":"output","Package":"m/b","Output":"FAIL\tm/b\t0.1s\n"}
{"Action":"fail","Package":"m/b"}
`
	unbuilt = `{"ImportPath":"m/c","Action":"build-output","Output":"c.go:1:1: undefined: x\n"}
{"ImportPath":"m/c","Action":"build-fail"}
{"Action":"output","Package":"m/c","Output":"FAIL\tm/c [build failed]\n"}
{"Action":"fail","Package":"m/c","FailedBuild":"m/c"}
`
	unended = `{"Action":"run","Package":"m/d","Test":"TestHang"}
{"Action":"output","Package":"m/d","Test":"TestHang","Output":"panic: test timed out after 1s\n"}
{"Action":"output","Package":"m/d","Output":"FAIL\tm/d\t1.0s\n"}
{"Action":"fail","Package":"m/d"}
`
	empty = `{"Action":"output","Package":"m/e","Output":"?   \tm/e\t[no test files]\n"}
{"Action":"skip","Package":"m/e"}
`
)

func TestRun(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		some           bool
		code           int
	}{
		{"pass and skip", passing, `ok  	m/a	0.1s
skipped: TestSkip (m/a): a_test.go:7: needs root
all: 1 passed, 0 failed, 1 skipped
`, true, 0},
		{"fail", failing, `    b_test.go:9: got 1, want 2
FAIL	m/b	0.1s
failed: TestBad (m/b)
all: 0 passed, 1 failed, 0 skipped
`, false, 1},
		{"does not build", unbuilt, `c.go:1:1: undefined: x
FAIL	m/c [build failed]
failed: m/c
all: 0 passed, 1 failed, 0 skipped
`, false, 1},
		{"never ended", unended, `panic: test timed out after 1s
FAIL	m/d	1.0s
failed: TestHang (m/d)
all: 0 passed, 1 failed, 0 skipped
`, false, 1},
		{"no tests", empty, "?   \tm/e\t[no test files]\nall: 0 passed, 0 failed, 0 skipped\n", false, 0},
		{"no tests, some wanted", empty, "?   \tm/e\t[no test files]\nall: no test ran\nall: 0 passed, 1 failed, 0 skipped\n", true, 1},
		{"not an event", "go: no such module\n", "go: no such module\nall: 0 passed, 0 failed, 0 skipped\n", false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			code := run("all", "", tt.some, strings.NewReader(tt.in), &out)
			if out.String() != tt.want || code != tt.code {
				t.Errorf("code %d, want %d; output:\n%s\nwant:\n%s", code, tt.code, &out, tt.want)
			}
		})
	}
}

func TestRunAppendsTotals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "totals")
	run("one", file, false, strings.NewReader(passing), &strings.Builder{})
	run("two", file, false, strings.NewReader(failing), &strings.Builder{})
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := "one\t1\t0\t1\ntwo\t0\t1\t0\n"; string(got) != want {
		t.Errorf("totals = %q, want %q", got, want)
	}
}
