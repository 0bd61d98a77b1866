// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
)

var slow = &quiesce.Plan{App: "shop", WorstCase: time.Minute}

const short = "compose-grace-too-short: service shop: stop_grace_period"

// TestExtends: what is not set is taken from what is extended, with its lines.
func TestExtends(t *testing.T) {
	const base = "services:\n  base:\n    image: shop\n    stop_grace_period: 20s\n"
	expect(t, auditedFiles(t, slow, "compose.yaml", base+"  shop:\n    extends: base\n"),
		"compose.yaml:4 compose-grace-too-short: service base", "compose.yaml:4 "+short)
	expect(t, auditedFiles(t, slow, "compose.yaml", "services:\n  shop:\n    extends: {file: common.yml, service: base}\n", "common.yml", base),
		"common.yml:4 "+short)
	expect(t, auditedFiles(t, slow, "app/compose.yaml", "services:\n  shop:\n    extends: {file: ../lib/x.yml, service: mid}\n    stop_grace_period: 30s\n",
		"lib/x.yml", "services:\n  mid:\n    extends: {file: y.yml, service: base}\n", "lib/y.yml", base), "app/compose.yaml:4 "+short)
	expect(t, auditedFiles(t, slow, "compose.yaml", "services:\n  shop:\n    extends: {file: common.yml, service: base}\n    stop_grace_period: 2m\n", "common.yml", base))
	expect(t, auditedFiles(t, slow, "compose.yaml", "services:\n  shop:\n    extends: {file: common.yml, service: base}\n    stop_grace_period: !reset null\n", "common.yml", base),
		"compose.yaml:2 "+short+", 10s as it is not set")
	// A list of variables and a mapping are merged.
	expect(t, auditedFiles(t, nil, "compose.yaml", "services:\n  base: {image: shop, environment: {QUIESCE_GRACE: 5s, A: b}}\n  shop:\n    extends: base\n    environment:\n    - QUIESCE_GRACE=40s\n"),
		"compose.yaml:3 "+short+", 10s as it is not set, is less than QUIESCE_GRACE 40s")
	expect(t, auditedFiles(t, nil, "compose.yaml", "services:\n  base: {image: shop, environment: [QUIESCE_GRACE=5s]}\n  shop: {extends: base, environment: {QUIESCE_GRACE: }}\n"))
}

// TestNotExtended: what cannot be had is said, and nothing is made of what is not known.
func TestNotExtended(t *testing.T) {
	for extends, why := range map[string]string{
		"other":                            "there is no service other to extend",
		"{file: nowhere.yml, service: a}":  "nowhere.yml, which it extends, cannot be read",
		"{file: common.yml, service: a}":   "there is no service a to extend",
		"{file: broken.yml, service: a}":   "broken.yml, which it extends, cannot be read",
		"{file: '${X}.yml', service: a}":   "what it extends is not known",
		"shop":                             "it extends itself",
		"{file: compose.yaml, service: b}": "it extends itself",
		"[]":                               "what it extends is not known",
	} {
		text := "services:\n  shop:\n    image: debian\n    extends: " + extends + "\n    command: sh -c shop\n  b: {extends: shop}\n"
		got := auditedFiles(t, slow, "compose.yaml", text, "common.yml", "services: {}\n", "broken.yml", "services: [\n")
		if len(got) == 0 || got[0] != "compose.yaml:4 service shop is audited in part only: "+why && got[0] != "compose.yaml:6 service b is audited in part only: "+why {
			t.Errorf("%s: %q, want %q", extends, got, why)
		}
		for _, line := range got {
			if !strings.Contains(line, "in part only") {
				t.Errorf("%s: found %s", extends, line)
			}
		}
	}
}

// TestOverride: the files that compose merges if none is named.
func TestOverride(t *testing.T) {
	const base = "services:\n  shop:\n    image: debian\n    stop_grace_period: 2m\n"
	expect(t, auditedFiles(t, slow, "a/docker-compose.yml", base, "a/compose.override.yaml", "services:\n  shop:\n    stop_grace_period: 20s\n"),
		"a/compose.override.yaml:3 "+short+" 20s is less than")
	expect(t, auditedFiles(t, slow, "a/compose.override.yaml", "services:\n  shop:\n    stop_grace_period: 20s\n", "a/docker-compose.yml", base),
		"a/compose.override.yaml:3 "+short+" 20s is less than")
	expect(t, auditedFiles(t, slow, "a/docker-compose.yml", base, "a/compose.override.yaml", "services:\n  shop:\n    command: sh -c 'exec shop'\n    stop_grace_period:\n"))
	expect(t, auditedFiles(t, slow, "a/docker-compose.yml", base, "a/docker-compose.override.yml", "services:\n  shop:\n    command: sh -c shop\n"),
		"a/docker-compose.override.yml:3 compose-shell-as-pid1: service shop: sh -c \"shop\": dash")
	expect(t, auditedFiles(t, slow, "a/docker-compose.yml", base+"    command: sh -c shop\n", "a/docker-compose.override.yml", "services:\n  shop:\n    init: true\n"),
		"a/docker-compose.yml:5 compose-shell-as-pid1: service shop: sh -c \"shop\": init: true passes")
	expect(t, auditedFiles(t, slow, "a/docker-compose.yml", base, "a/docker-compose.override.yml", "services:\n  shop: !reset null\n"))
	expect(t, auditedFiles(t, slow, "a/docker-compose.yml", base, "a/docker-compose.override.yml", "services:\n  shop: !override {image: shop}\n"),
		"a/docker-compose.override.yml:2 "+short+", 10s as it is not set")
	expect(t, auditedFiles(t, slow, "a/docker-compose.yml", base, "a/docker-compose.override.yml", "services:\n  shop:\n    stop_grace_period: !reset null\n"),
		"a/docker-compose.yml:2 "+short+", 10s as it is not set")
	// Those of another folder are not merged, and neither are those with other names.
	expect(t, auditedFiles(t, slow, "a/docker-compose.yml", base, "b/compose.override.yaml", "services:\n  shop:\n    command: sh -c shop\n"))
	expect(t, auditedFiles(t, slow, "a/docker-compose.yml", base, "a/docker-compose.prod.yaml", "services:\n  shop:\n    image: shop\n"))
	// Several documents of a file are.
	expect(t, auditedFiles(t, slow, "compose.yaml", base+"---\nservices:\n  shop: {stop_grace_period: 30s}\n"), "compose.yaml:7 "+short+" 30s")
}

func TestInclude(t *testing.T) {
	expect(t, auditedFiles(t, nil, "compose.yaml", "include:\n- a/compose.yaml\n- path: [b.yaml, a/compose.yaml]\nservices: {}\n", "a/compose.yaml", "services: {}\n"),
		"compose.yaml:3 b.yaml is included, and not audited")
	expect(t, auditedFiles(t, nil, "compose.yaml", "include: [oci://example.org/x]\n"), "compose.yaml:1 oci://example.org/x is included, and not audited")
}

// TestBuild: the base image of the Dockerfile decides which shell there is.
func TestBuild(t *testing.T) {
	shop := func(build string) string {
		return "services:\n  shop:\n    build: " + build + "\n    command: sh -c shop\n"
	}
	const found = "compose.yaml:4 compose-shell-as-pid1: service shop: sh -c \"shop\": "
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("."), "Dockerfile", "FROM debian\n"), found+"dash")
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("."), "Dockerfile", "FROM alpine\n"))
	expect(t, auditedFiles(t, nil, "compose.yaml", shop(".")))
	expect(t, auditedFiles(t, nil, "x/compose.yaml", shop("{context: ../y, dockerfile: z/Dockerfile}"), "y/z/Dockerfile", "FROM debian\n"), "x/"+found+"dash")
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("{context: ., target: a}"), "Dockerfile", "FROM debian AS a\nFROM alpine\n"), found+"dash")
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("{context: ., target: b}"), "Dockerfile", "FROM debian AS a\nFROM alpine AS b\n"))
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("{context: ., target: c}"), "Dockerfile", "FROM debian AS a\n"))
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("{context: ., args: {BASE: debian}}"), "Dockerfile", "ARG BASE=alpine\nFROM $BASE\n"), found+"dash")
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("{context: ., args: ['BASE=${B}']}"), "Dockerfile", "ARG BASE=debian\nFROM $BASE\n"))
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("{dockerfile_inline: FROM debian}")), found+"dash")
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("https://example.org/x.git"), "Dockerfile", "FROM debian\n"))
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("{context: ., additional_contexts: {base: docker-image://alpine}}"), "Dockerfile", "FROM base\n"))
	// So does its entrypoint: an init, a script that goes on to the command, another program.
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("."), "Dockerfile", "FROM debian\nENTRYPOINT [\"tini\", \"--\"]\n"), found+"tini passes SIGTERM to dash")
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("."), "Dockerfile", "FROM debian\nENTRYPOINT [\"tini\", \"-g\", \"--\"]\n"))
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("."), "Dockerfile", "FROM debian\nENTRYPOINT [\"shop\"]\n"))
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("."), "Dockerfile", "FROM debian\nENTRYPOINT shop\n"))
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("."), "Dockerfile", "FROM debian\nCOPY run /\nENTRYPOINT [\"/run\"]\n", "run", "#!/bin/sh\nexec \"$@\"\n"), found+"dash")
	expect(t, auditedFiles(t, nil, "compose.yaml", shop("."), "Dockerfile", "FROM debian\nCOPY run /\nENTRYPOINT [\"/run\"]\n", "run", "#!/bin/sh\nexec other\n"))
}
