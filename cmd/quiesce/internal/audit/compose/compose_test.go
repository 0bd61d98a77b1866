// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// audited audits a compose file as "line rule: message".
func audited(t *testing.T, plan *quiesce.Plan, name, text string) []string {
	t.Helper()
	var out []string
	for _, line := range auditedFiles(t, plan, name, text) {
		out = append(out, strings.TrimPrefix(line, name+":"))
	}
	return out
}

// auditedFiles audits files, name and text by turns, as "file:line rule: message". Notes have no rule. Those
// files that are no compose files by their names are there to be referred to.
func auditedFiles(t *testing.T, plan *quiesce.Plan, files ...string) []string {
	t.Helper()
	var out []string
	world := &manifest.World{Files: map[string]*manifest.File{}, Problem: func(err error) { t.Error(err) }}
	world.Note = func(n manifest.Note) { out = append(out, fmt.Sprintf("%s:%d %s", n.File, n.Line, n.Text)) }
	world.Sources = []*manifest.Source{{Path: "m/int", Takes: []string{"SIGINT"}}}
	if plan != nil {
		world.Plans = []*manifest.Plan{{Path: plan.App, Ask: func([]string) (*quiesce.Plan, error) { return plan, nil }}}
	}
	var docs []*manifest.Document
	for i := 0; i < len(files); i += 2 {
		f := &manifest.File{Path: files[i], Data: []byte(files[i+1])}
		world.Files[f.Path] = f
		if !(Kind{}).Recognise(f) {
			continue
		}
		c := Kind{}.Read(f, true)
		if len(c.Problems) > 0 {
			t.Fatal(c.Problems)
		}
		docs = append(docs, c.Documents...)
	}
	if len(docs) == 0 {
		t.Fatalf("not recognised: %q", files)
	}
	Kind{}.Audit(docs, world, func(f manifest.Finding) {
		line, _ := f.Doc.Places.At(f.Path...)
		out = append(out, fmt.Sprintf("%s:%d %s: %s", f.Doc.File, line, f.Rule, f.Message))
	})
	return out
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	ok := len(got) == len(want)
	for i := range min(len(want), len(got)) {
		ok = ok && strings.Contains(got[i], want[i])
	}
	if !ok {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// table audits services of which the fields are given, and wants one finding or none.
func table(t *testing.T, plan *quiesce.Plan, cases map[string]string) {
	t.Helper()
	for fields, want := range cases {
		text := "services:\n  shop:\n    " + strings.ReplaceAll(fields, "\n", "\n    ") + "\n"
		got := audited(t, plan, "compose.yaml", text)
		if len(got) != min(1, len(want)) || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%s\n%q, want %q", text, got, want)
		}
	}
}

func TestGrace(t *testing.T) {
	table(t, &quiesce.Plan{App: "shop", WorstCase: 25 * time.Second, CriticalPath: []string{"http", "db"}}, map[string]string{
		"image: shop":                               "2 compose-grace-too-short: service shop: stop_grace_period, 10s as it is not set, is less than the plan of shop 25s (longest chain http > db)",
		"image: shop\nstop_grace_period: 20s":       "4 compose-grace-too-short: service shop: stop_grace_period 20s is less than",
		"image: shop\nstop_grace_period: 25s":       "",
		"image: shop\nstop_grace_period: 1m30s":     "",
		"image: shop\nstop_grace_period: 30":        "",
		"image: shop\nstop_grace_period: ${GRACE}":  "",
		"image: shop\nextends: other":               "4 service shop is audited in part only: there is no service other to extend",
		"environment: {A: b}":                       "",
		"build: .\ncommand: tini -- /usr/bin/shop":  "stop_grace_period, 10s",
		"build: .\nenvironment: [QUIESCE_GRACE=1m]": "stop_grace_period, 10s",
	})
	table(t, nil, map[string]string{
		"image: shop\nenvironment: [QUIESCE_GRACE=1m]":    "is less than QUIESCE_GRACE 1m0s",
		"image: shop\nenvironment: {QUIESCE_GRACE: 5s}":   "",
		"image: shop\nenvironment: {QUIESCE_GRACE: null}": "",
	})
}

// TestWhose: a plan that nothing is called after is that of the only service that is built.
func TestWhose(t *testing.T) {
	plan := &quiesce.Plan{App: "server", WorstCase: time.Minute}
	two := "services:\n  db: {image: postgres}\n  web: {build: .}\n"
	if got := audited(t, plan, "compose.yaml", two); len(got) != 1 || !strings.Contains(got[0], "service web") {
		t.Errorf("got %q", got)
	}
	if got := audited(t, plan, "compose.yaml", two+"  worker: {build: .}\n"); len(got) != 0 {
		t.Errorf("got %q", got)
	}
	if got := audited(t, plan, "compose.override.yaml", two); len(got) != 0 {
		t.Errorf("of an override: %q", got)
	}
}

func TestSignals(t *testing.T) {
	table(t, &quiesce.Plan{App: "shop", Escalation: "orchestrated"}, map[string]string{
		"image: shop\nstop_signal: SIGKILL": "4 compose-stop-signal", "image: shop\nstop_signal: 9": "no program can handle SIGKILL",
		"image: shop\nstop_signal: SIGQUIT": "shop stops at", "image: shop\nstop_signal: SIGTREM": "there is no such signal",
		"image: shop\nstop_signal: SIGTERM": "", "image: shop\nstop_signal: $S": "",
		"image: int":                   "2 compose-stop-signal: service shop: the stop signal SIGTERM is not handled: m/int does not handle it: it ends at once, without a stop",
		"image: int\nstop_signal: INT": "", "image: int\nstop_signal: QUIT": "m/int does not handle it: it crashes", "image: int\nstop_signal: $S": "",
	})
}

func TestShell(t *testing.T) {
	table(t, nil, map[string]string{
		"image: debian\ncommand: sh -c 'shop --x'":                    "4 compose-shell-as-pid1: service shop: sh -c \"shop --x\": dash, the sh of Debian and Ubuntu, stays process 1",
		"image: debian\ncommand: [sh, -c, shop]":                      "compose-shell-as-pid1",
		"image: debian\ncommand:\n- sh\n- -c\n- |\n  migrate\n  shop": "compose-shell-as-pid1",
		"image: debian\nentrypoint: sh -c\ncommand: [shop]":           "compose-shell-as-pid1",
		"image: debian\ncommand: shop && other":                       "",
		"image: debian\ncommand: sh -c 'exec shop'":                   "",
		"image: debian\ncommand: bash -c 'migrate && shop'":           "",
		"image: alpine\ncommand: sh -c shop":                          "",
		"image: shop\ncommand: sh -c shop":                            "",
		"image: shop\ncommand: sh -c 'shop | tee $$LOG'":              "compose-shell-as-pid1",
		"image: debian\ninit: true\ncommand: sh -c shop":              "init: true passes SIGTERM to dash",
		"image: debian\ncommand: dumb-init sh -c shop":                "",
		"image: debian\ncommand: sh -c 'npm install && npm test'":     "",
		"image: debian\nprofiles: [x]\ncommand: sh -c shop":           "",
		"image: debian\nrestart: on-failure\ncommand: sh -c shop":     "",
		"image: debian\ncommand: sh -c 'a & exec shop'":               "compose-no-init",
		"image: debian\ninit: true\ncommand: sh -c 'a & exec shop'":   "",
		"image: gcr.io/distroless/base\ncommand: sh -c shop":          "",
	})
	migrate := "services:\n  m: {image: debian, command: sh -c shop}\n  web: {image: x, depends_on: {m: {condition: service_completed_successfully}}}\n"
	if got := audited(t, nil, "compose.yaml", migrate); len(got) > 0 {
		t.Errorf("of one that is awaited: %q", got)
	}
}

func TestSplit(t *testing.T) {
	for text, want := range map[string][]string{
		`a "b c" 'd "e' f\ g`: {"a", "b c", `d "e`, "f g"}, "": nil, `a ""`: {"a", ""}, "a\n b": {"a", "b"}, `"a\"b"`: {`a"b`}, `'a\b'`: {`a\b`},
	} {
		if got := split(text); !slices.Equal(got, want) {
			t.Errorf("split(%s) = %q, want %q", text, got, want)
		}
	}
}

func TestRead(t *testing.T) {
	for text, line := range map[string]int{
		"services:\n  web:\n    image: a\n    image: b\n": 4, "services:\n  web: shop\n": 2, "services:\n- a\n": 2, "services:\n  web: [\n": 2, "services:\n web: *x\n": 2,
	} {
		c := Kind{}.Read(&manifest.File{Path: "compose.yaml", Data: []byte(text)}, false)
		if len(c.Problems) != 1 || c.Problems[0].Line < line || c.Problems[0].Line > line+1 || c.Problems[0].Text == "" {
			t.Errorf("%q: %+v", text, c.Problems)
		}
	}
	// Anchors, fields that we do not know, and a service without any are all right.
	text := "x-a: &a {image: debian}\nservices:\n  web:\n    <<: *a\n    x-y: 1\n    command: sh -c shop\n  other:\nvolumes: {}\n"
	if got := audited(t, nil, "compose.yaml", text); len(got) != 1 || !strings.HasPrefix(got[0], "6 compose-shell-as-pid1") {
		t.Errorf("got %q", got)
	}
}

func TestRecognise(t *testing.T) {
	for _, tt := range []struct {
		path, text string
		want       bool
	}{
		{"compose.yaml", "services:\n", true},
		{"docker-compose.prod.yml", "version: '3'\nservices:\n", true},
		{"compose.yaml", "a: b\n", false},
		{"ci.yaml", "services:\n", false},
		{"compose.yaml", "apiVersion: v1\nservices:\n", false},
		{"compose.json", "services:\n", false},
	} {
		if got := (Kind{}).Recognise(&manifest.File{Path: tt.path, Data: []byte(tt.text)}); got != tt.want {
			t.Errorf("%s %q: %v", tt.path, tt.text, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("services:\n  a: {image: debian, command: sh -c 'b', depends_on: {a: {condition: service_completed_successfully}}, stop_signal: 9}\n")
	f.Add("services:\n  a: {extends: b, build: {dockerfile_inline: 'FROM a'}}\n  b: {extends: {service: a}, command: !reset null}\n  c: !override {}\ninclude: [x, {path: [y]}]\n")
	f.Add("services: &a\n  b: *a\n")
	f.Add("services:\n  a:\n    entrypoint: [1, {b: c}, null]\n    environment: [A]\n    stop_grace_period: -1s\n")
	f.Fuzz(func(t *testing.T, text string) {
		c := Kind{}.Read(&manifest.File{Path: "compose.yaml", Data: []byte(text)}, true)
		Kind{}.Audit(c.Documents, &manifest.World{Files: map[string]*manifest.File{}, Note: func(manifest.Note) {}}, func(f manifest.Finding) {
			if line, _ := f.Doc.Places.At(f.Path...); line < 1 || line > strings.Count(text, "\n")+1 {
				t.Errorf("%s in line %d", f.Rule, line)
			}
		})
	})
}
