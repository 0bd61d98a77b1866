// SPDX-License-Identifier: Apache-2.0

package dockerfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// audited writes files, name and text by turns, and audits the first as "file:line rule: message".
func audited(t *testing.T, plan *quiesce.Plan, files ...string) []string {
	t.Helper()
	t.Chdir(t.TempDir())
	for i := 0; i < len(files); i += 2 {
		if err := os.MkdirAll(filepath.Dir(files[i]), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(files[i], []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	world := &manifest.World{Files: map[string]*manifest.File{}, Problem: func(err error) { t.Error(err) }}
	world.Sources = []*manifest.Source{{Path: "m/int", Takes: []string{"SIGINT"}}}
	if plan != nil {
		world.Plans = []*manifest.Plan{{Path: plan.App, Ask: func([]string) (*quiesce.Plan, error) { return plan, nil }}}
	}
	c := Kind{}.Read(&manifest.File{Path: files[0], Data: []byte(files[1])}, true)
	if len(c.Problems) > 0 {
		t.Fatal(c.Problems)
	}
	var out []string
	Kind{}.Audit(c.Documents, world, func(f manifest.Finding) {
		line, _ := f.Doc.Places.At(f.Path...)
		out = append(out, fmt.Sprintf("%s:%d %s: %s", filepath.ToSlash(f.Doc.File), line, f.Rule, f.Message))
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

// TestBaseImage: the shell of the base image decides.
func TestBaseImage(t *testing.T) {
	for text, want := range map[string]string{
		"FROM debian:12\nCMD /shop":                                                                "Dockerfile:2 image-shell-as-pid1: sh -c \"/shop\": dash, the sh of Debian and Ubuntu, stays process 1",
		"FROM debian:12\nCMD [\"sh\", \"-c\", \"/shop\"]":                                          "image-shell-as-pid1",
		"FROM debian:12\nCMD [\"bash\", \"-c\", \"/shop\"]":                                        "",
		"FROM debian:12\nCMD [\"bash\", \"-c\", \"/shop >> /log\"]":                                "image-shell-as-pid1: bash -c",
		"FROM debian:12\nSHELL [\"/bin/bash\", \"-c\"]\nCMD /shop":                                 "",
		"FROM debian:12\nCMD exec /shop":                                                           "",
		"FROM debian:12\nCMD bash":                                                                 "",
		"FROM debian:12\nCMD go test ./...":                                                        "",
		"FROM debian:12\nENTRYPOINT [\"/tini\", \"--\"]\nCMD /shop":                                "tini passes SIGTERM to dash, the sh of Debian and Ubuntu, alone",
		"FROM debian:12\nENTRYPOINT [\"/tini\", \"-g\", \"--\"]\nCMD /shop":                        "",
		"FROM debian:12\nENV TINI_KILL_PROCESS_GROUP=1\nENTRYPOINT [\"/tini\", \"--\"]\nCMD /shop": "",
		"FROM debian:12\nENTRYPOINT [\"dumb-init\", \"--\"]\nCMD /shop":                            "",
		"FROM debian:12\nENTRYPOINT [\"/init\"]\nCMD /shop":                                        "",
		"FROM debian:12\nENTRYPOINT [\"/shop\"]\nCMD serve":                                        "",
		"FROM alpine\nCMD /shop":                                                                   "",
		"FROM alpine\nCMD cd /x && /shop":                                                          "image-shell-as-pid1: sh -c \"cd /x && /shop\": ash",
		"FROM fedora:41\nCMD cd /x && /shop":                                                       "",
		"FROM scratch\nCMD /shop":                                                                  "",
		"FROM gcr.io/distroless/static\nCMD /shop":                                                 "",
		"FROM example.org/base\nCMD /shop":                                                         "image-shell-unknown: sh -c \"/shop\": if the sh of example.org/base is dash",
		"ARG BASE\nFROM ${BASE}\nCMD /shop":                                                        "if the sh of ${BASE} is dash",
		"FROM example.org/base\nCMD exec /shop":                                                    "",
		"FROM ${BASE:-debian:12}\nCMD /shop":                                                       "image-shell-as-pid1",
		"FROM ${BASE:-debian}$X\nCMD /shop":                                                        "image-shell-unknown",
		"FROM debian\nENV A=xxxxxxxx\n" + strings.Repeat("ENV A=$A$A$A$A\n", 40) + "CMD /shop":     "Dockerfile:43 image-shell-as-pid1",
		"ARG BASE=debian:12\nFROM ${BASE}\nCMD /shop":                                              "image-shell-as-pid1",
		"FROM debian:12 AS a\nFROM A\nCMD /shop":                                                   "Dockerfile:3 image-shell-as-pid1",
		"FROM debian:12 AS a\nCMD /shop\nFROM alpine\nCOPY --from=a /x /x\n":                       "",
		"FROM debian:12 AS a\nCMD /shop\nFROM alpine\nCMD /shop\n":                                 "Dockerfile:2 image-shell-as-pid1",
		"FROM debian:12 AS a\nCMD /shop\nFROM a\nCMD [\"/shop\"]":                                  "",
		"FROM debian:12 AS a\nCMD /shop\nFROM a AS b\nFROM a AS c\n":                               "Dockerfile:2 image-shell-as-pid1",
		"FROM debian:12 AS a\nCMD /shop\nFROM a\nENTRYPOINT [\"/x\"]":                              "",
		"FROM mcr.microsoft.com/windows/nanoserver\nCMD shop.exe":                                  "",
	} {
		got := audited(t, nil, "Dockerfile", text)
		if len(got) != min(1, len(want)) || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestCmdDropped(t *testing.T) {
	for text, want := range map[string]string{
		"FROM alpine\nENTRYPOINT exec /shop\nCMD [\"-x\"]":                          "Dockerfile:3 image-cmd-dropped: CMD -x is dropped",
		"FROM alpine\nCMD [\"-x\"]\nENTRYPOINT exec /shop":                          "Dockerfile:2 image-cmd-dropped",
		"FROM alpine\nENTRYPOINT exec /shop \"$@\"\nCMD [\"-x\"]":                   "",
		"FROM alpine\nENTRYPOINT [\"sh\", \"-c\", \"exec /shop\"]\nCMD [\"-x\"]":    "ENTRYPOINT sh -c takes no arguments",
		"FROM alpine\nENTRYPOINT [\"sh\", \"-c\", \"exec /shop $0\"]\nCMD [\"-x\"]": "",
		"FROM alpine AS a\nCMD [\"-x\"]\nFROM a\nENTRYPOINT exec /shop":             "",
		"FROM alpine\nENTRYPOINT exec /shop\nCMD []":                                "",
	} {
		got := audited(t, nil, "Dockerfile", text)
		if len(got) != min(1, len(want)) || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestScripts: they are found where the build would find them.
func TestScripts(t *testing.T) {
	bad, good := "#!/bin/sh\nset -e\n\"$@\"\n", "#!/bin/sh\nexec \"$@\"\n"
	finding := "entrypoint.sh:3 image-script-without-exec: entrypoint.sh: \"\\\"$@\\\"\" is run without exec"
	for _, docker := range []string{
		"FROM alpine\nCOPY entrypoint.sh /\nENTRYPOINT [\"/entrypoint.sh\"]",
		"FROM alpine\nCOPY entrypoint.sh /e\nENTRYPOINT [\"/e\"]",
		"FROM alpine\nCOPY entrypoint.sh /usr/local/bin/\nENTRYPOINT [\"entrypoint.sh\"]",
		"FROM alpine\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"./entrypoint.sh\"]",
		"FROM alpine\nARG D=/app\nCOPY . $D\nENTRYPOINT [\"sh\", \"/app/entrypoint.sh\"]",
		"FROM alpine AS b\nCOPY . /src\nFROM alpine\nCOPY --from=b /src/entrypoint.sh /\nENTRYPOINT [\"/tini\", \"--\", \"/entrypoint.sh\"]",
		"FROM alpine\nADD entrypoint.sh /\nCMD [\"/entrypoint.sh\"]",
	} {
		expect(t, audited(t, nil, "Dockerfile", docker, "entrypoint.sh", bad), finding)
		expect(t, audited(t, nil, "Dockerfile", docker, "entrypoint.sh", good))
		expect(t, audited(t, nil, "docker/shop/Dockerfile", docker, "entrypoint.sh", bad), finding)
		expect(t, audited(t, nil, "Dockerfile", docker))
	}
	expect(t, audited(t, nil, "Dockerfile", "FROM alpine\nCOPY entrypoint.sh /\nENTRYPOINT [\"dumb-init\", \"/entrypoint.sh\"]", "entrypoint.sh", bad))
	expect(t, audited(t, nil, "Dockerfile", "FROM alpine\nCOPY --from=other /entrypoint.sh /\nENTRYPOINT [\"/entrypoint.sh\"]", "entrypoint.sh", bad))
	expect(t, audited(t, nil, "Dockerfile", "FROM alpine\nCOPY entrypoint.sh /\nENTRYPOINT [\"/entrypoint.sh\"]", "entrypoint.sh", "#!/usr/bin/python3\n\"$@\""))
}

// TestServer: a command that is written out is one to be stopped if the image says that it serves.
func TestServer(t *testing.T) {
	docker := "FROM %s\nCOPY run /run\n%sCMD [\"/run\"]"
	script := "#!/bin/bash\n/shop --port 80\n"
	for _, says := range []string{"EXPOSE 80\n", "HEALTHCHECK CMD true\n", "STOPSIGNAL SIGINT\n"} {
		expect(t, audited(t, nil, "Dockerfile", fmt.Sprintf(docker, "alpine", says), "run", script), "run:2 image-script-without-exec")
	}
	expect(t, audited(t, nil, "Dockerfile", fmt.Sprintf(docker, "nginx", ""), "run", script), "run:2 image-script-without-exec")
	expect(t, audited(t, nil, "Dockerfile", fmt.Sprintf(docker, "alpine", "HEALTHCHECK NONE\n"), "run", script))
	expect(t, audited(t, nil, "Dockerfile", fmt.Sprintf(docker, "alpine", "EXPOSE 80\n"), "run", "/a &\n/b &\nwait -n\n"),
		"run:3 image-script-without-exec: run: \"wait -n\" waits for what runs in the background, without a trap")
	// A script that ends with exec "$@" is gone through.
	expect(t, audited(t, nil, "Dockerfile", "FROM debian\nCOPY run /run\nENTRYPOINT [\"/run\"]\nCMD /shop", "run", "exec \"$@\""), "Dockerfile:4 image-shell-as-pid1")
	expect(t, audited(t, nil, "Dockerfile", "FROM alpine\nCOPY run /run\nENTRYPOINT [\"/run\"]", "run", "/exporter &\nexec /shop\n"), "run:1 image-no-init")
	expect(t, audited(t, nil, "Dockerfile", "FROM alpine\nCMD /exporter & exec /shop"), "Dockerfile:2 image-no-init")
}

func TestStopSignal(t *testing.T) {
	plan := &quiesce.Plan{App: "shop", Escalation: "orchestrated", WorstCase: time.Second}
	for signal, want := range map[string]string{
		"SIGKILL": "no program can handle SIGKILL", "9": "no program", "SIGTREM": "there is no such signal", "SIGQUIT": "shop stops at SIGTERM, SIGINT, SIGHUP", "TERM": "", "$S": "",
	} {
		got := audited(t, plan, "Dockerfile", "FROM alpine\nSTOPSIGNAL "+signal+"\nCMD [\"/shop\"]")
		if len(got) != min(1, len(want)) || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%s: %q", signal, got)
		}
	}
	expect(t, audited(t, nil, "Dockerfile", "FROM alpine\nSTOPSIGNAL SIGQUIT\nCMD [\"/shop\"]"))
}

// TestSources: what a program does with a signal is known from its sources, too.
func TestSources(t *testing.T) {
	for lines, want := range map[string]string{
		"CMD [\"/int\"]":                 "Dockerfile:2 image-stop-signal: the stop signal SIGTERM is not handled: m/int does not handle it: it ends at once",
		"STOPSIGNAL INT\nCMD [\"/int\"]": "", "STOPSIGNAL $S\nCMD [\"/int\"]": "", "CMD [\"/other\"]": "",
		"STOPSIGNAL QUIT\nCMD [\"/int\"]": "Dockerfile:2 image-stop-signal: STOPSIGNAL QUIT does not ask for a stop: m/int does not handle it: it crashes",
	} {
		got := audited(t, nil, "Dockerfile", "FROM alpine\n"+lines)
		if len(got) != min(1, len(want)) || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%s: %q, want %q", lines, got, want)
		}
	}
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		text          string
		line          int
		problem, note string
	}{
		{"FROM alpine\nRUM x\n", 2, "unknown instruction: RUM", ""},
		{"FROM alpine\nCOPY x\n", 2, "COPY requires at least two arguments", ""},
		{"FROM alpine\nRUN <<E\nx\n", 2, "unterminated heredoc", ""},
		{"RUN x\n", 1, "no build stage", ""},
		{"ARG X\n", 1, "no FROM", ""},
		{"", 1, "no instructions", ""},
		{"FROM alpine\n{{ if x }}\n", 2, "", "template"},
		{"# syntax=docker/dockerfile:1-labs\nFROM alpine\nRUM x\n", 1, "", "the syntax docker/dockerfile:1-labs"},
		{"# syntax=docker/dockerfile:1.7\nFROM alpine\nRUM x\n", 3, "unknown instruction: RUM", ""},
		{"FROM alpine\nRUN " + strings.Repeat("x", 70000) + "\n", 2, "max allowed size", ""},
		{"# syntax = example.org/other\nFROM alpine\nRUM x\n", 1, "", "the syntax example.org/other"},
	} {
		c := Kind{}.Read(&manifest.File{Path: "Dockerfile", Data: []byte(tt.text)}, false)
		got, line := "", 0
		for _, p := range c.Problems {
			got, line = got+p.Text, p.Line
		}
		for _, n := range c.Notes {
			got, line = got+n.Text, n.Line
		}
		if !strings.Contains(got, tt.problem+tt.note) || line != tt.line || len(c.Problems)+len(c.Notes) != 1 || (len(c.Notes) == 1) != (tt.note != "") {
			t.Errorf("%q: %+v", tt.text, c)
		}
	}
}

func TestRecognise(t *testing.T) {
	for path, want := range map[string]bool{
		"a/Dockerfile": true, "Dockerfile.shop": true, "shop.Dockerfile": true, "Containerfile": true, "Dockerfile.dockerignore": false, "Dockerfile.md": false,
		"MyDockerfile": false, "x.txt": false,
	} {
		if got := (Kind{}).Candidate(path); got != want {
			t.Errorf("Candidate(%s) = %v", path, got)
		}
	}
	for _, tt := range []struct {
		path, text string
		want       bool
	}{
		{"<stdin>", "FROM a\nRUN x\n", true}, {"x.txt", "FROM the beginning\n", false}, {"Dockerfile.nano", "syntax\n", false}, {"Dockerfile", "", true},
	} {
		if got := (Kind{}).Recognise(&manifest.File{Path: tt.path, Data: []byte(tt.text)}); got != tt.want {
			t.Errorf("Recognise(%s) = %v", tt.path, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"FROM debian AS a\nCOPY <<E /e\n\"$@\"\nE\nENTRYPOINT [\"/e\"]\nCMD x", "ARG A=b\nFROM $A\nFROM 0\nCMD [\"sh\",\"-c\"]", "# escape=`\nFROM x\nSTOPSIGNAL $X", "FROM a AS a\nFROM a AS a\nCOPY --from=1 . .\nCMD x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		c := Kind{}.Read(&manifest.File{Path: "<stdin>", Data: []byte(text)}, true)
		for _, p := range c.Problems {
			if p.Line < 1 || p.Line > lines+1 {
				t.Errorf("a problem in line %d of %d", p.Line, lines)
			}
		}
		Kind{}.Audit(c.Documents, &manifest.World{Files: map[string]*manifest.File{}}, func(f manifest.Finding) {
			if line, _ := f.Doc.Places.At(f.Path...); line < 1 || line > lines {
				t.Errorf("%s in line %d of %d", f.Rule, line, lines)
			}
		})
	})
}
