// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/target"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

func TestMain(m *testing.M) {
	target.Guard()
	testscript.Main(m, map[string]func(){"quiesce": main, "planned": planned})
}

// TestScript runs each testdata/script/*.txtar against this binary.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", os.Getenv("GORACE")) // how long an exit takes
			samples, err := filepath.Abs("internal/drill/show/testdata")
			env.Setenv("SAMPLES", samples)
			return err
		},
	})
}

func TestGoFlags(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"demo -break", "demo --break"},
		{"demo --break", "demo --break"},
		{"demo -rounds=3 -h", "demo --rounds=3 -h"},
		{"demo -o=x -n -5 -", "demo -o=x -n -5 -"},
		{"run -json -- sh -ec -json", "run --json -- sh -ec -json"},
		{"", ""},
	} {
		got := goFlags(strings.Fields(tt.in))
		if want := strings.Fields(tt.want); !slices.Equal(got, want) {
			t.Errorf("goFlags(%q) = %q, want %q", tt.in, got, want)
		}
	}
}
