// SPDX-License-Identifier: Apache-2.0

package vettool

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBuildID links a program for systems with files of three formats, and compares with
// what the go command reads from it.
func TestBuildID(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/m\n\ngo 1.22\n")
	write(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() {}\n")
	for _, tt := range []struct{ system, flags string }{
		{"linux", ""},
		{"linux", "-buildid="},
		{"darwin", ""},
		{"windows", ""},
		{"windows", "-buildid="},
	} {
		name := tt.system + tt.flags
		file := filepath.Join(dir, name)
		goCommand(t, dir, tt.system, "build", "-ldflags="+tt.flags, "-o", file)
		want := strings.TrimSpace(goCommand(t, dir, tt.system, "tool", "buildid", file))
		if got := buildID(file); got != want || (want == "") != (tt.flags != "") {
			t.Errorf("%s: ID %q, want %q", name, got, want)
		}
	}
}

func goCommand(t *testing.T, dir, system string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0", "GOOS="+system, "GOARCH=amd64")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func TestBuildIDOfOthers(t *testing.T) {
	cut := filepath.Join(t.TempDir(), "cut")
	write(t, cut, "MZ\xff Go build ID: \"abc")
	for _, file := range []string{cut, t.TempDir(), "nowhere", os.DevNull} {
		if id := buildID(file); id != "" {
			t.Errorf("%s: ID %q, want none", file, id)
		}
	}
}

// The ID is one word without a slash, of which the go command would take a part.
func TestPrintVersion(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if !printVersion(&out) {
		t.Fatal("the test has no build ID")
	}
	want := "quiesce version devel buildID=" + strings.ReplaceAll(buildID(self), "/", ".") + "\n"
	if out.String() != want || strings.Contains(want, "/") {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
