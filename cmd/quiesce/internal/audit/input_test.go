// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestInput: whatever a file has in it, it is read as its makers meant it, or something is said.
func TestInput(t *testing.T) {
	item := strings.ReplaceAll(strings.TrimSpace(badJob), "\n", "\n  ")
	job := `{"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {"terminationGracePeriodSeconds": 0}}}}` + "\n"
	for _, tt := range []struct {
		name, file, text string
		want             []string
	}{
		{"UTF-16, little end", "a.yaml", utf16Of(binary.LittleEndian, badJob+"---\n"+badJob), []string{"7 grace-zero", "16 grace-zero"}},
		{"UTF-16, big end", "a.yaml", utf16Of(binary.BigEndian, badJob), []string{"7 grace-zero"}},
		{"UTF-16 unit", "a.service", utf16Of(binary.LittleEndian, "[Service]\nKillMode=none\n"), []string{"2 unit-kill-mode"}},
		{"BOM in a Dockerfile", "Dockerfile", "\ufeffFROM alpine\nSTOPSIGNAL KILL\n", []string{"2 image-stop-signal"}},
		{"BOM in a unit", "a.service", "\ufeff[Service]\nKillMode=none\n", []string{"2 unit-kill-mode"}},
		{"lines of JSON", "a.json", job + job, []string{"1 grace-zero", "2 grace-zero"}},
		{"an array of YAML", "a.yaml", "- " + item + "\n- " + item + "\n", []string{"7 grace-zero", "15 grace-zero"}},
		{"after the end of a document", "a.yaml", badJob + "...\n" + badJob, []string{"7 grace-zero", "16 grace-zero"}},
		{"something after JSON", "a.json", job + "more\n", []string{"2 problem: invalid character 'm' after top-level value"}},
		{"a list that is none", "a.yaml", "apiVersion: v1\nkind: List\nitems: 5\n", []string{"3 problem: items: want a list"}},
		{"items that are none", "a.yaml", "apiVersion: v1\nkind: List\nitems:\n- 5\n- " + item + "\n", []string{"4 problem: items[0]: want a mapping", "11 grace-zero"}},
		{"an unknown version", "a.yaml", "apiVersion: apps/v9\nkind: Deployment\nspec: {}\n", []string{`1 not-audited: apiVersion "apps/v9" and kind "Deployment" are not known`}},
		{"a version of another group", "a.yaml", "apiVersion: v1\nkind: Deployment\nspec: {}\n", []string{`1 not-audited: apiVersion "v1" and kind "Deployment" are not known`}},
		{"a kind in other letters", "a.yaml", "apiVersion: apps/v1\nkind: deployment\nspec: {}\n", []string{`1 not-audited: apiVersion "apps/v1" and kind "deployment" are not known`}},
		{"no version", "a.yaml", "kind: Deployment\nspec: {}\n", []string{`1 not-audited: apiVersion "" and kind "Deployment" are not known`}},
		{"a kind of another group", "a.yaml", "apiVersion: serving.knative.dev/v1\nkind: Service\nspec: {}\n", []string{"0 not-audited: nothing that the audit knows is in it"}},
		{"other YAML", "a.yaml", "a: b\n", []string{"0 not-audited: nothing that the audit knows is in it"}},
		{"a negative grace period", "a.yaml", strings.Replace(badJob, "Seconds: 0", "Seconds: -5", 1), nil},
		{
			"a negative grace period and a hook", "a.yaml", strings.NewReplacer("Seconds: 0", "Seconds: -5", "image: x", "image: x, lifecycle: {preStop: {sleep: {seconds: 2}}}").Replace(badJob),
			[]string{"7 grace-too-short: Job import: container import: terminationGracePeriodSeconds -5, which counts as 1, is less than preStop sleep 2s"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) { expect(t, auditText(t, tt.file, tt.text, Options{}), tt.want...) })
	}
	tree(t, map[string]string{"notes.txt": "hello"})
	expect(t, run(t, Options{}), "0 not-audited: there is nothing to audit")
}

func utf16Of(order binary.AppendByteOrder, text string) string {
	var data []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		data = order.AppendUint16(data, unit)
	}
	return string(data)
}

// TestCustomFails: an expression that cannot be evaluated is said once, and not tried for ever.
func TestCustomFails(t *testing.T) {
	nested := "true"
	for range 9 {
		nested = "[1,2,3,4,5,6,7,8,9,10].all(a, " + nested + ")"
	}
	c, errs := parseConfig([]byte("custom:\n- {id: slow, message: m, expression: '" + nested + "'}\n- {id: key, message: m, expression: object.metadata.x}\n"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	jobs := strings.Repeat("---\n"+strings.Replace(badJob, "Seconds: 0", "Seconds: 5", 1), 30)
	expect(t, auditText(t, "jobs.yaml", jobs, Options{Config: c}),
		"2 problem: Job import: rule key: no such key: x; does the expression ask has() first?; so it is with 29 more",
		"2 problem: Job import: rule slow: operation cancelled: actual cost limit exceeded; the rule is not applied to what follows")
}
