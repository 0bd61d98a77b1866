// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A mutant is the engine with one rule broken on purpose.
type mutant struct {
	name     string // the rule
	file     string
	old, new string // old stands in file exactly once
}

const (
	// mutantSchedules is how many schedules the model test has to catch a
	// mutant. Most are caught within the first hundred.
	mutantSchedules = "20000"

	// mutantsAtOnce is how many are built and run at the same time.
	mutantsAtOnce = 2

	// mutantTimeout bounds the run of one mutant: one that hangs where virtual
	// time cannot see it, on a mutex or in a loop, is not caught but a mistake
	// in the table.
	mutantTimeout = 2 * time.Minute
)

// TestMutants breaks the engine in one place after the other, and fails if the
// model test does not notice.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the engine once for each mutant, which takes minutes")
	}
	dirs := make(chan string, mutantsAtOnce)
	for range mutantsAtOnce {
		dirs <- copyEngine(t)
	}
	dir := <-dirs
	if out, err := runModel(t, dir, "300"); err != nil {
		t.Fatalf("the engine as it is does not pass: %v\n%s", err, out)
	}
	dirs <- dir
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			dir := <-dirs
			defer func() { dirs <- dir }()
			m.try(t, dir)
		})
	}
}

// try breaks the engine in dir, has the model test look at it, and mends it.
func (m mutant) try(t *testing.T, dir string) {
	path := filepath.Join(dir, m.file)
	source := readSource(t, path)
	if n := strings.Count(source, m.old); n != 1 {
		t.Fatalf("%s: what is to be replaced stands there %d times:\n%s", m.file, n, m.old)
	}
	writeSource(t, path, strings.Replace(source, m.old, m.new, 1))
	defer writeSource(t, path, source)
	out, err := runModel(t, dir, mutantSchedules)
	switch {
	case err == nil:
		t.Error("nothing noticed")
	case !bytes.Contains(out, []byte("BROKEN")) && !bytes.Contains(out, []byte("panic: ")):
		t.Errorf("failed for another reason: %v\n%s", err, out)
	default:
		t.Logf("%s", complaint(out))
	}
}

// complaint returns the first thing that was noticed.
func complaint(out []byte) string {
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "BROKEN") || strings.HasPrefix(line, "panic: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// copyEngine makes a module of the core without its tests, but with the model's.
func copyEngine(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return skipDir(path)
		case path != "go.mod" && !isEngine(path):
			return nil
		}
		if err := os.MkdirAll(filepath.Join(to, filepath.Dir(path)), 0o755); err != nil {
			return err
		}
		writeSource(t, filepath.Join(to, path), readSource(t, path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// skipDir leaves out what is no part of the core's module.
func skipDir(path string) error {
	if path == "." {
		return nil
	}
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	if name := filepath.Base(path); err == nil || name == "testdata" || strings.HasPrefix(name, ".") {
		return filepath.SkipDir
	}
	return nil
}

func isEngine(path string) bool {
	if strings.HasSuffix(path, "_test.go") {
		return strings.HasPrefix(path, "model")
	}
	return strings.HasSuffix(path, ".go")
}

// runModel builds the module in dir and runs its model test. That it does not
// build is a mistake in the mutant.
func runModel(t *testing.T, dir, schedules string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), mutantTimeout)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "test", "-c", "-ldflags=-s -w", "-o", "model.test", ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	run := exec.CommandContext(ctx, filepath.Join(dir, "model.test"), "-test.run=^TestModel$")
	run.Dir = dir
	run.Env = append(os.Environ(), "QUIESCE_MODEL_SCHEDULES="+schedules, "QUIESCE_MODEL_SECONDS=", "QUIESCE_MODEL_SEED=")
	out, err := run.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("took longer than %v\n%s", mutantTimeout, out)
	}
	return out, err
}

func readSource(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func writeSource(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
