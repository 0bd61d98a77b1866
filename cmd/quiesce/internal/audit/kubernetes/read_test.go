// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/strict"
)

// TestSameAsJSON reads the samples of k8s.io/api, which have all fields of all types, and
// compares with what encoding/json makes of the same objects.
func TestSameAsJSON(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/api").Output()
	if err != nil {
		t.Fatal(err)
	}
	for k, empty := range types {
		group, version, ok := strings.Cut(k.apiVersion, "/")
		if !ok {
			group, version = "core", group
		}
		base := filepath.Join(strings.TrimSpace(string(out)), "testdata", "HEAD", fmt.Sprintf("%s.%s.%s", group, version, k.kind))
		t.Run(filepath.Base(base), func(t *testing.T) {
			want := empty()
			if err := json.Unmarshal(read(t, base+".json"), want); err != nil {
				t.Fatal(err)
			}
			for _, ending := range []string{".yaml", ".json"} {
				part := strict.Part{Data: read(t, base+ending)}
				node, err := part.Parse()
				if err != nil {
					t.Fatal(err)
				}
				got := empty()
				_, errs := part.Decode(node, got)
				for _, err := range errs {
					t.Error(err)
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s is not read as encoding/json does", ending)
				}
			}
		})
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzRead: whatever the input, there is no panic, and checking it ends.
func FuzzRead(f *testing.F) {
	f.Add([]byte(deployment() + service + budgetOf("minAvailable: 2") + scaler))
	f.Add([]byte("apiVersion: v1\nkind: List\nitems: [{kind: Pod, apiVersion: v1, spec: {containers: [null]}}]"))
	f.Add([]byte("{{ if }}\nkind: Pod"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) + bytes.Count(data, []byte("\u0085")) + bytes.Count(data, []byte("\u2028")) + bytes.Count(data, []byte("\u2029")) + 1
		c := Kind{}.Read(&manifest.File{Path: "x", Data: data}, true)
		plan := &manifest.Plan{Path: "x", Ask: func([]string) (*quiesce.Plan, error) { return planOf(time.Second, time.Minute), nil }}
		w := &manifest.World{Plans: []*manifest.Plan{plan}, Problem: func(error) {}, Note: func(manifest.Note) {}}
		Kind{}.Audit(c.Documents, w, func(f manifest.Finding) {
			if line, _ := f.Doc.Places.At(f.Path...); line < 1 || line > lines || f.Message == "" {
				t.Errorf("%s in line %d of %d: %q", f.Rule, line, lines, f.Message)
			}
		})
	})
}
