// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/go-quiesce/quiesce/analysis/vettool"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/target"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

func TestMain(m *testing.M) {
	target.Guard()
	if vettool.Called(os.Args[1:]) { // by go vet, with the test binary as what vet says it is
		vettool.Main()
	}
	testscript.Main(m, map[string]func(){"quiesce": main, "planned": planned})
}

// TestScript runs each testdata/script/*.txtar against this binary.
func TestScript(t *testing.T) {
	server := buildServer(t)
	cache, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", os.Getenv("GORACE")) // how long an exit takes
			samples, err := filepath.Abs("internal/drill/show/testdata")
			env.Setenv("SAMPLES", samples)
			env.Setenv("SERVER", server)
			env.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
			env.Setenv("GOFLAGS", "")
			env.Setenv("QUIESCE", filepath.Join(filepath.SplitList(env.Getenv("PATH"))[0], "quiesce")) // for who runs it
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits},
	})
}

// buildServer builds the server that is drilled in tests.
func buildServer(t *testing.T) string {
	t.Helper()
	server := filepath.Join(t.TempDir(), "goserver")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", server, "./testdata/zoo/goserver").CombinedOutput(); err != nil {
		t.Fatalf("build the server: %v\n%s", err, out)
	}
	return server
}

// exits CODE COMMAND [ARGUMENT...] is exec of a command that has to end with a code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [argument...]")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if args[0] != strconv.Itoa(code) {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func TestGoFlags(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"drill -rolling", "drill --rolling"},
		{"drill --rolling", "drill --rolling"},
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
