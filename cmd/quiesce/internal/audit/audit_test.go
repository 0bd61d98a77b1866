// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

var update = flag.Bool("update", false, "write docs/reference/audit-rules.md")

const pageHead = `# The rules of the audit

What ` + "`quiesce audit`" + ` looks at in manifests. ` + "`quiesce explain ID`" + ` prints the part about a rule, without a network.
How to use it is in [../audit.md](../audit.md).

This page is generated from the folders in cmd/quiesce/internal/audit/rules. To write it anew:

	cd cmd/quiesce && go test ./internal/audit -update

| | severity | what is to hold |
|---|---|---|
`

// tree writes files into a new folder and goes there.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func run(t *testing.T, o Options) *finding.Report {
	t.Helper()
	r, err := Run(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// expect compares the report, a line a problem or a finding, with parts of lines.
func expect(t *testing.T, r *finding.Report, want ...string) {
	t.Helper()
	got := foundIn(r)
	ok := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		ok = ok && strings.Contains(got[i], want[i])
	}
	if !ok {
		t.Errorf("found\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

const badJob = `apiVersion: batch/v1
kind: Job
metadata: {name: import}
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: import, image: x}]
`

func TestWalk(t *testing.T) {
	tree(t, map[string]string{
		"a/job.yaml": badJob, "a/b/job.yml": badJob, "a/notes.txt": badJob, ".git/job.yaml": badJob, "vendor/job.yaml": badJob,
		"a/package.json": `{"name": "x"}`, "old/job.yaml": badJob,
	})
	files := func(r *finding.Report) []string {
		var out []string
		for _, f := range r.Findings {
			out = append(out, filepath.ToSlash(f.File))
		}
		return out
	}
	r := run(t, Options{Config: &Config{Ignore: []string{"old"}}})
	if got, want := files(r), []string{"a/b/job.yml", "a/job.yaml"}; !slices.Equal(got, want) {
		t.Errorf("audited %q, want %q", got, want)
	}
	r = run(t, Options{Paths: []string{"a/notes.txt", "old", "a/notes.txt", "-"}, Stdin: strings.NewReader(badJob)})
	if got, want := files(r), []string{"<stdin>", "a/notes.txt", "old/job.yaml"}; !slices.Equal(got, want) {
		t.Errorf("audited %q, want %q", got, want)
	}
	r = run(t, Options{Paths: []string{"nowhere.yaml", "a/package.json"}})
	expect(t, r, "0 problem: of no kind that the audit knows", "0 problem: no such file or directory")
}

// TestMalformed: what is wrong is said with its line, and the rest is audited.
func TestMalformed(t *testing.T) {
	tree(t, map[string]string{
		"broken.yaml": badJob + "---\na: [\n---\n" + badJob,
		"field.yaml":  strings.Replace(badJob, "      containers", "      terminationGracePeriod: 3\n      containers", 1),
		"good.yaml":   "a: 1\n",
	})
	r := run(t, Options{})
	expect(t, r, "10 problem: did not find expected node content",
		`8 problem: spec.template.spec: no field is called "terminationGracePeriod"; did you mean "terminationGracePeriodSeconds"?`,
		"7 grace-zero", "18 grace-zero", "7 grace-zero")
}

func TestTemplate(t *testing.T) {
	tree(t, map[string]string{
		"templates/job.yaml":      "{{- if .Values.job }}\n" + badJob + "{{- end }}\n",
		"templates/parses.yaml":   strings.Replace(badJob, "image: x", `image: "{{ .Values.image }}"`, 1),
		"templates/other.yaml":    strings.Replace(badJob, "terminationGracePeriodSeconds: 0", "terminationGracePeriodSeconds: {{grace}}", 1),
		"workflows/alerts.yaml":   "groups: ['{{ $labels.x }}', '${{ github.sha }}']\n",
		"kustomize/patch.yaml":    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: {spec: {terminationGracePeriodSeconds: 0}}}\n",
		"old/deployment.yaml":     "apiVersion: extensions/v1beta1\nkind: Deployment\n",
		"templates/withtext.yaml": strings.Replace(badJob, "image: x", `image: x, args: ["--format={{.Name}}"]`, 1),
	})
	r := run(t, Options{})
	expect(t, r, "1 not-audited: Deployment is a patch, not the whole: it has no spec.selector", "1 not-audited: the version extensions/v1beta1 of Deployment",
		"1 not-audited: a template, of Helm or another tool, that is not rendered, and not audited; so are 2 more files of its folder", "7 grace-zero")
	if faults := Faults(r, finding.Warning); len(faults) != 1 || faults[0].Rule != "grace-zero" {
		t.Errorf("faults are %v", faults)
	}
}

func TestLists(t *testing.T) {
	item := strings.ReplaceAll(strings.TrimSpace(badJob), "\n", "\n  ")
	r := auditText(t, "list.yaml", "apiVersion: v1\nkind: List\nitems:\n- "+item+"\n- "+item+"\n", Options{})
	expect(t, r, "10 grace-zero", "18 grace-zero")
	r = auditText(t, "list.yaml", "apiVersion: batch/v1\nkind: JobList\nitems:\n- spec: {template: {spec: {terminationGracePeriodSeconds: 0}}}\n", Options{})
	expect(t, r, "4 grace-zero: Job:")
	r = auditText(t, "list.json", `{"apiVersion": "batch/v1", "kind": "Job",
	"metadata": {"name": "import", "namespace": "shop"},
	"spec": {"template": {"spec": {
		"terminationGracePeriodSeconds": 0}}}}`, Options{})
	expect(t, r, "4 grace-zero: Job shop/import:")
}

func TestConfigTurnsRules(t *testing.T) {
	for _, tt := range []struct {
		config string
		want   finding.Severity // "" is none
	}{
		{"", finding.Error},
		{"rules: {grace-zero: off}", ""},
		{"rules: {grace-zero: note}", finding.Note},
		{"packs: [probes]", ""},
		{"packs: [probes]\nrules: {grace-zero: warning}", finding.Warning},
		{"packs: [grace]", finding.Error},
	} {
		c, errs := parseConfig([]byte(tt.config))
		if len(errs) > 0 {
			t.Fatalf("%s: %v", tt.config, errs)
		}
		r := auditText(t, "job.yaml", badJob, Options{Config: c})
		var got finding.Severity
		for _, f := range r.Findings {
			got = f.Severity
		}
		if got != tt.want {
			t.Errorf("%q: severity %q, want %q", tt.config, got, tt.want)
		}
	}
}

func TestConfigMistakes(t *testing.T) {
	_, errs := parseConfig([]byte(`packs: [grace, prob]
rules:
  grace-zeros: off
  grace-zero: bad
ignroe: []
ignore: ["["]
custom:
- id: Bad Name
  message: x
  expression: "true"
- id: grace-zero
  message: x
  expression: object.
- id: mine
  expression: "1 + 1"
  serverity: note
`))
	var got []string
	for _, err := range errs {
		got = append(got, err.Error())
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{
		`line 1: no pack is called "prob"`, `line 3: no rule is called "grace-zeros"; did you mean "grace-zero"?`,
		`line 4: rule grace-zero: "bad": want one of error, warning, note, off`, `line 5: no field is called "ignroe"; did you mean "ignore"?`,
		`line 6: "[" is no pattern`, `line 8: id "Bad Name": want a name`, `line 11: there is a rule grace-zero already`,
		`line 13: rule grace-zero: ERROR`, `line 14: rule mine has no message`, `line 15: rule mine: the expression is int, and not true or false`,
		`no field is called "serverity"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("not said: %s", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestCustom(t *testing.T) {
	c, errs := parseConfig([]byte(`custom:
- id: has-owner
  kinds: [Job]
  expression: has(object.metadata.labels) && "owner" in object.metadata.labels
  message: no label says whose it is
  at: metadata
  severity: error
  why: somebody has to be asked
- id: replicas
  kinds: [Deployment, CronTab]
  expression: object.spec.replicas > 1
  message: not enough
`))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	r := auditText(t, "job.yaml", badJob+"---\napiVersion: example.org/v1\nkind: CronTab\nspec: {replicas: 1}\n---\napiVersion: example.org/v1\nkind: CronTab\nspec: {}\n", Options{Config: c})
	expect(t, r, "14 problem: CronTab: rule replicas: no such key: replicas; does the expression ask has() first?",
		"3 has-owner: Job import: no label says whose it is", "7 grace-zero", "10 replicas: CronTab: not enough")
	if f := r.Findings[0]; f.Severity != finding.Error || f.Why != "somebody has to be asked" {
		t.Errorf("the finding is %+v", f)
	}
}

func TestIgnore(t *testing.T) {
	line := "      terminationGracePeriodSeconds: 0"
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"end of line", strings.Replace(badJob, line, line+" # quiesce:ignore grace-zero it is cheap", 1), nil},
		{"line before", strings.Replace(badJob, line, "      # quiesce:ignore grace-zero it is cheap\n"+line, 1), nil},
		{"document", "# quiesce:ignore grace-zero all of it\n" + badJob, nil},
		{"other document", "# quiesce:ignore grace-zero all of it\na: 1\n---\n" + badJob, []string{"1 not-audited: rule grace-zero finds nothing", "10 grace-zero"}},
		{"no reason", "# quiesce:ignore grace-zero\n" + badJob, []string{"1 problem: quiesce:ignore grace-zero: want a reason", "8 grace-zero"}},
		{"no rule", "# quiesce:ignore grace-zer why not\n" + badJob, []string{`1 problem: quiesce:ignore: no rule is called "grace-zer"; did you mean "grace-zero"?`, "8 grace-zero"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, auditText(t, "job.yaml", tt.text, Options{}), tt.want...)
		})
	}
}

// TestIgnoreInAllKinds: the comment is the same, in the words of each kind.
func TestIgnoreInAllKinds(t *testing.T) {
	const ignore = "quiesce:ignore %s as we want it\n"
	for _, tt := range []struct{ rule, name, text string }{
		{"unit-kill-mode", "shop.service", "[Service]\nExecStart=/shop\n# COMMENTKillMode=none\n"},
		{"unit-kill-mode", "shop.service", "[Service]\nExecStart=/shop\n; COMMENTKillMode=none\n"},
		{"unit-kill-mode", "shop.service", "# COMMENT[Service]\nExecStart=/shop\nKillMode=none\n"},
		{"unit-kill-mode", "shop.service.d/10.conf", "[Service]\n#COMMENTKillMode=none\n"},
		{"image-stop-signal", "Dockerfile", "FROM alpine\n# COMMENTSTOPSIGNAL KILL\nCMD [\"/shop\"]\n"},
		{"image-stop-signal", "Dockerfile", "# syntax=docker/dockerfile:1\n# COMMENTFROM alpine\nSTOPSIGNAL KILL\nCMD [\"/shop\"]\n"},
		{"compose-stop-signal", "compose.yaml", "services:\n  shop:\n    image: 'x#y'\n    stop_signal: \"KILL\" # COMMENT"},
		{"compose-stop-signal", "compose.yaml", "services:\n  shop:\n    image: x\n    # COMMENT\n    stop_signal: KILL\n"},
		{"grace-zero", "job.yaml", strings.Replace(badJob, "Seconds: 0", "Seconds: 0 # COMMENT", 1)},
		{"image-script-without-exec", "run.sh", "#!/bin/sh\n# COMMENT\n\"$@\"\n"},
		{"image-script-without-exec", "run.sh", "#!/bin/sh\nset -e\n\"$@\" # COMMENT\n"},
	} {
		t.Run(tt.rule+" "+tt.name, func(t *testing.T) {
			audit := func(text string) *finding.Report {
				tree(t, map[string]string{tt.name: text, "image/Dockerfile": "FROM alpine\nCOPY run.sh /\nENTRYPOINT [\"/run.sh\"]\n"})
				return run(t, Options{})
			}
			expect(t, audit(strings.ReplaceAll(tt.text, "COMMENT", fmt.Sprintf(ignore, tt.rule))))
			expect(t, audit(strings.ReplaceAll(tt.text, "COMMENT", "a comment\n")), tt.rule)
		})
	}
}

// TestPlans: a plan is for what has its name, and said if it is for nothing.
func TestPlans(t *testing.T) {
	e, _ := Lookup("grace-too-short")
	named := func(name string) *manifest.Plan {
		p := planOf(t, e.Plan)
		p.Name = name
		return p
	}
	short := e.Bad[0].Text
	expect(t, auditText(t, "a.yaml", short, Options{Plans: []*manifest.Plan{named("shop")}}), "grace-too-short")
	expect(t, auditText(t, "a.yaml", short, Options{Plans: []*manifest.Plan{named("other")}}), "0 not-audited: the plan other=shop is for nothing")
	other := strings.ReplaceAll(short, "shop", "web")
	expect(t, auditText(t, "a.yaml", other, Options{Plans: []*manifest.Plan{named("")}}), "grace-too-short")
	expect(t, auditText(t, "a.yaml", other+"---\n"+e.Good[0].Text, Options{Plans: []*manifest.Plan{named("")}}))

	broken := errors.New("it does not run")
	_, err := Run(Options{Paths: []string{"-"}, Stdin: strings.NewReader(short), Plans: []*manifest.Plan{{Path: "x", Ask: func([]string) (*quiesce.Plan, error) { return nil, broken }}}})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}
