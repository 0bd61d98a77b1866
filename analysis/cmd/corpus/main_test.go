// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/analysis/vettool"
)

// TestMain is the tool itself if go vet starts the test binary as such.
func TestMain(m *testing.M) {
	if vettool.Called(os.Args[1:]) {
		vettool.Main()
	}
	os.Exit(m.Run())
}

const sites = "module\tversion\tfile\tline\tcheck\tverdict\treason\n" +
	"example.com/m\tv1.0.0\ta.go\t9\ttimeafter\tbug\tpiles up\n" +
	"example.com/m\tv1.0.0\tb/b.go\t9\ttimeafter\tinnocent\tnot in a loop\n" +
	"example.com/other\tv1.0.0\ta.go\t7\ttimeafter\tbug\tnot asked for\n"

const looping = `package a

import "time"

func F(c chan int) {
	for {
		select {
		case <-c:
		case <-time.After(time.Minute):
			return
		}
	}
}
`

// TestRun looks at a module that is where its copy would be.
func TestRun(t *testing.T) {
	work := t.TempDir()
	module := filepath.Join(work, "example.com_m@v1.0.0")
	file := filepath.Join(work, "sites.tsv")
	for name, text := range map[string]string{
		file:                                   sites,
		filepath.Join(module, "go.mod"):        "module example.com/m\n\ngo 1.21\n",
		filepath.Join(module, "a.go"):          looping,
		filepath.Join(module, "e", "e.go"):     "package e\n\nimport \"embed\"\n\n//go:embed all:dist pages/*.html\nvar Files embed.FS\n",
		filepath.Join(module, "b", "b.go"):     "package b\n\nimport (\n\t\"time\"\n\n\t_ \"example.com/m/e\"\n)\n\nvar C = time.After(0)\n",
		filepath.Join(module, "c", "wrong.go"): "package wrong\n\nfunc\n", // no site is here
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr strings.Builder
	if err := run(t.Context(), []string{"-sites", file, "-work", work, "-modules", "com/m", "-checks", "timeafter"}, &stdout, &stderr); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	want := "found  missed  false  innocent  unjudged  precision  recall  check\n1 0 0 1 0 1.00 1.00 timeafter\n1 0 0 1 0 1.00 1.00 all\n"
	if got := stdout.String(); strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

// TestBroken tells of a program that does not build.
func TestBroken(t *testing.T) {
	work := t.TempDir()
	module := filepath.Join(work, "example.com_m@v1.0.0")
	file := filepath.Join(work, "sites.tsv")
	if err := os.Mkdir(module, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		file:                            sites,
		filepath.Join(module, "go.mod"): "module example.com/m\n\ngo 1.21\n",
		filepath.Join(module, "a.go"):   "package a\n\nfunc f() { undefined() }\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr strings.Builder
	err := run(t.Context(), []string{"-sites", file, "-work", work, "-modules", "com/m"}, &stdout, &stderr)
	if err == nil || !strings.Contains(err.Error(), "not all was looked at: example.com/m@v1.0.0") {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(stdout.String(), "missed: bugs that are not reported\n  example.com/m@v1.0.0/a.go:9 timeafter: piles up") {
		t.Errorf("printed\n%s", &stdout)
	}
}
