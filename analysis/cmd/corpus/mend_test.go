// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMendReplacements drops the replacement that is missing, and keeps the other.
func TestMendReplacements(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "go.mod")
	const source = "module example.com/m\n\ngo 1.21\n\nreplace example.com/api => ../api\n\nreplace example.com/here => ./here\n"
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	p := new(program)
	const stderr = "a.go:22:2: example.com/api@v1.2.3: replacement directory ../api does not exist\nb.go:7:2: example.com/api@v1.2.3: replacement directory ../api does not exist"
	again, err := p.mend(t.Context(), dir, stderr)
	if err != nil || !again {
		t.Errorf("mend = %v, %v, want true", again, err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(got), "=> ../api") || !strings.Contains(string(got), "example.com/here => ./here") {
		t.Errorf("go.mod is\n%s", got)
	}
}

// TestMendC turns cgo off once.
func TestMendC(t *testing.T) {
	p := new(program)
	const stderr = "Package libpcsclite was not found in the pkg-config search path."
	for _, want := range []bool{true, false} {
		again, err := p.mend(t.Context(), t.TempDir(), stderr)
		if err != nil || again != want {
			t.Errorf("mend = %v, %v, want %v", again, err, want)
		}
	}
	if len(p.env) != 1 || p.env[0] != "CGO_ENABLED=0" {
		t.Errorf("environment %q", p.env)
	}
}

// TestMendNothing gives up where the program itself is wrong.
func TestMendNothing(t *testing.T) {
	again, err := new(program).mend(t.Context(), t.TempDir(), "./a.go:3:12: undefined: b")
	if err != nil || again {
		t.Errorf("mend = %v, %v, want false", again, err)
	}
}
