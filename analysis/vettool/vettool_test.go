// SPDX-License-Identifier: Apache-2.0

package vettool

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain is the tool itself if go vet starts the test binary as such.
func TestMain(m *testing.M) {
	if Called(os.Args[1:]) {
		Main()
	}
	os.Exit(m.Run())
}

func TestCalled(t *testing.T) {
	for args, want := range map[string]bool{
		"":                                  false,
		"-V=full":                           true,
		"-flags":                            true,
		"build/vet.cfg":                     true,
		"-json -timeafter build/b1/vet.cfg": true,
		"drill --plan app.cfg":              false,
		"drill -- ./server -flags":          false,
		"vet ./...":                         false,
	} {
		if got := Called(strings.Fields(args)); got != want {
			t.Errorf("Called(%q) = %t, want %t", args, got, want)
		}
	}
}

func TestEnabled(t *testing.T) {
	for _, tt := range []struct {
		args              string
		timeafter, ignore bool
	}{
		{"-json unit.cfg", true, true},
		{"-timeafter unit.cfg", true, false},
		{"--timeafter=true -ignore=1 unit.cfg", true, true},
		{"-timeafter=false unit.cfg", false, true},
		{"-timeafter=false -timeafter unit.cfg", true, false},
		{"-timeafter=perhaps unit.cfg", true, true}, // a mistake that unitchecker reports
	} {
		runs := enabled(strings.Fields(tt.args))
		if runs("timeafter") != tt.timeafter || runs("ignore") != tt.ignore {
			t.Errorf("%s: timeafter %t, ignore %t, want %t, %t", tt.args, runs("timeafter"), runs("ignore"), tt.timeafter, tt.ignore)
		}
	}
}

func TestFactsOnly(t *testing.T) {
	for text, want := range map[string]bool{`{"VetxOnly": true}`: true, `{"ImportPath": "m"}`: false, "": false} {
		file := filepath.Join(t.TempDir(), "vet.cfg")
		write(t, file, text)
		if got := factsOnly(file); got != want {
			t.Errorf("factsOnly of %q = %t, want %t", text, got, want)
		}
	}
	if factsOnly(filepath.Join(t.TempDir(), "nowhere.cfg")) {
		t.Error("factsOnly of no file = true")
	}
}

// TestGoVet runs the tool as its users do, on a package with an unused comment: it is
// reported if the check that it is for has run.
func TestGoVet(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/m\n\ngo 1.22\n")
	write(t, filepath.Join(dir, "a.go"), "package a\n\nvar A = 1 //quiesce:ignore timeafter nothing to find\n")
	for _, tt := range []struct {
		flags []string
		want  string
	}{
		{nil, "timeafter finds nothing here"},
		{[]string{"-timeafter=false"}, ""},
		{[]string{"-timeafter"}, ""},
		{[]string{"-timeafter", "-ignore"}, "timeafter finds nothing here"},
	} {
		out := vet(t, dir, tt.flags)
		if tt.want == "" && out != "" || !strings.Contains(out, tt.want) {
			t.Errorf("go vet %v: %q, want %q", tt.flags, out, tt.want)
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// vet returns what go vet prints. It fails if there is something to print, which is no
// error here.
func vet(t *testing.T, dir string, flags []string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", append(append([]string{"vet", "-vettool=" + self}, flags...), "./...")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	out, err := cmd.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return string(out)
}
