// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

var update = flag.Bool("update", false, "write the golden files")

// sample has one of everything, out of order. Its repository is this package's parent.
func sample(t *testing.T) *finding.Report {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	r := &finding.Report{
		Tool: "quiesce vet", Version: "v1.2.3", Root: root,
		Rules: []finding.Rule{
			{ID: "timeafter", Title: "report time.After in a loop", Help: "timeafter: report time.After in a loop\n\nTimers pile up.", Severity: finding.Warning},
			{ID: "unused", Title: "not found"},
		},
		Findings: []finding.Finding{
			{
				Rule: "grace", Severity: finding.Error, File: "deploy.yaml", Line: 7, Message: "the grace period of 30 s is too short",
				Why: "the kubelet kills the process", Fix: "set terminationGracePeriodSeconds: 60\nor stop faster",
			},
			{
				Rule: "timeafter", Severity: finding.Warning, File: "main.go", Line: 12, Column: 3, EndLine: 12, EndColumn: 20,
				Message: "time.After in a loop", Fix: "use a timer",
				Edits: []finding.Edit{{File: "main.go", Start: 100, End: 110, New: "t.C", Line: 12, Column: 3, EndLine: 12, EndColumn: 13}},
			},
			{Rule: "timeafter", Severity: finding.Note, File: "/usr/src/a b.go", Line: 1, Column: 1, Message: "hostile \x1b[2J, 100%: yes\n::error::no"},
		},
		Problems: []finding.Problem{{File: "broken.yaml", Line: 3, Text: "did not find expected key"}, {Text: "no file at all"}},
	}
	r.Findings = append(r.Findings, r.Findings[1]) // the same package again, with its tests
	r.Sort()
	return r
}

func TestGolden(t *testing.T) {
	r := sample(t)
	for name, write := range map[string]func(io.Writer) error{
		"text":   func(w io.Writer) error { return r.Text(w, false) },
		"color":  func(w io.Writer) error { return r.Text(w, true) },
		"json":   r.JSON,
		"github": r.GitHub,
		"sarif":  r.SARIF,
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			golden(t, name, got.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has changed (-update writes it):\n%s", file, got)
	}
}

// TestEmpty looks for lists in which readers expect an array.
func TestEmpty(t *testing.T) {
	r := &finding.Report{Tool: "quiesce vet"}
	for name, write := range map[string]func(io.Writer) error{"json": r.JSON, "sarif": r.SARIF} {
		var got bytes.Buffer
		if err := write(&got); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(got.String(), "null") {
			t.Errorf("%s of nothing has null in it:\n%s", name, &got)
		}
	}
}

// TestFixWithoutPlace leaves out what SARIF has no place for.
func TestFixWithoutPlace(t *testing.T) {
	edits := []finding.Edit{{File: "a.go", Start: 3, End: 4}}
	var b bytes.Buffer
	r := finding.Report{Findings: []finding.Finding{{Rule: "x", File: "a.go", Line: 1, Message: "wrong", Edits: edits}}}
	if err := r.SARIF(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "deletedRegion") {
		t.Errorf("an edit without a line is in\n%s", &b)
	}
}

// TestFingerprintsSurviveLines sees to it that an alert stays the same one when lines
// are put in above it, and that two of the same text are two.
func TestFingerprintsSurviveLines(t *testing.T) {
	f := finding.Finding{Rule: "skipsdefer", File: "main.go", Line: 10, Message: "exit skips the defer at line 4"}
	again := f
	again.Line = 20
	before := fingerprints(t, f, again)
	if before[0] == before[1] {
		t.Error("two findings have one fingerprint")
	}
	f.Line, again.Line = 13, 23
	f.Message = "exit skips the defer at line 7"
	if after := fingerprints(t, f, again); !slices.Equal(before, after) {
		t.Errorf("fingerprints changed with the lines: %v, then %v", before, after)
	}
}

func fingerprints(t *testing.T, findings ...finding.Finding) []string {
	t.Helper()
	var b bytes.Buffer
	if err := (&finding.Report{Findings: findings}).SARIF(&b); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Runs []struct {
			Results []struct{ PartialFingerprints map[string]string }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range doc.Runs[0].Results {
		for _, v := range r.PartialFingerprints {
			out = append(out, v)
		}
	}
	return out
}

// TestNames names files for a user in a folder of a repository.
func TestNames(t *testing.T) {
	root := t.TempDir()
	inside := filepath.Join(root, "cmd", "shop")
	if err := errors.Join(os.Mkdir(filepath.Join(root, ".git"), 0o755), os.MkdirAll(inside, 0o755)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(inside)
	outside := filepath.Join(filepath.Dir(root), "other", "a.go")
	names, err := finding.NewNames("")
	if err != nil {
		t.Fatal(err)
	}
	if names.Root() != root {
		t.Errorf("root %s, want %s", names.Root(), root)
	}
	for file, want := range map[string]string{
		"":                                 "",
		"a.go":                             "a.go",
		filepath.Join(inside, "a.go"):      "a.go",
		filepath.Join(root, "lib", "b.go"): filepath.Join("..", "..", "lib", "b.go"),
		outside:                            outside,
	} {
		if got := names.Name(file); got != want {
			t.Errorf("Name(%q) = %q, want %q", file, got, want)
		}
	}
}

// TestNamesElsewhere names files for a user outside the repository.
func TestNamesElsewhere(t *testing.T) {
	t.Chdir(t.TempDir())
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	names, err := finding.NewNames(root)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "a.go")
	if got := names.Name(file); names.Root() != root || got != file {
		t.Errorf("root %s, Name(%q) = %q; want %s, the same", names.Root(), file, got, root)
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

var errFull = errors.New("disk full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrors(t *testing.T) {
	r := sample(t)
	for name, write := range map[string]func(io.Writer) error{
		"text":   func(w io.Writer) error { return r.Text(w, false) },
		"json":   r.JSON,
		"github": r.GitHub,
		"sarif":  r.SARIF,
	} {
		if err := write(fullDisk{}); !errors.Is(err, errFull) {
			t.Errorf("%s: error %v, want %v", name, err, errFull)
		}
	}
}
