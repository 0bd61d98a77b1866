// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestRun measures go vet alone on a tree with one package.
func TestRun(t *testing.T) {
	tree := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/m\n\ngo 1.21\n", "a.go": "package a\n"} {
		if err := os.WriteFile(filepath.Join(tree, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOWORK", "off")
	var stdout, stderr strings.Builder
	err := run(t.Context(), []string{"-dir", tree, "-quiesce=", "-staticcheck=", "-rounds=1", "-no-empty"}, &stdout, &stderr)
	if err != nil {
		t.Fatal(err)
	}
	if lines := regexp.MustCompile(`(?m)^ *(edited|unchanged) +go vet +[0-9.]+ s +`).FindAllString(stdout.String(), -1); len(lines) != 2 {
		t.Errorf("printed\n%s", &stdout)
	}
	if data, err := os.ReadFile(filepath.Join(tree, "a.go")); err != nil || string(data) != "package a\n" {
		t.Errorf("the tree itself was edited: %q, %v", data, err)
	}
}

func TestMedian(t *testing.T) {
	got := median([]cost{{3 * time.Second, time.Second, 5}, {time.Second, 9 * time.Second, 7}, {2 * time.Second, 2 * time.Second, 6}})
	if want := (cost{2 * time.Second, 2 * time.Second, 6}); got != want {
		t.Errorf("median %v, want %v", got, want)
	}
}
