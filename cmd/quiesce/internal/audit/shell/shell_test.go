// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"slices"
	"testing"
	"time"
)

func TestOf(t *testing.T) {
	for _, tt := range []struct {
		image string
		want  Dialect
	}{
		{"gcr.io/distroless/static-debian12:nonroot", None},
		{"gcr.io/distroless/base:debug", Ash},
		{"envoyproxy/envoy:distroless-v1.30", None},
		{"registry.k8s.io/pause:3.10", None},
		{"scratch", None},
		{"example.org/shop:1.2-scratch", None},
		{"cgr.dev/chainguard/nginx:latest", None},
		{"cgr.dev/chainguard/nginx:latest-dev", Ash},
		{"cgr.dev/chainguard/wolfi-base", Ash},
		{"alpine", Ash},
		{"busybox:1.36", Ash},
		{"nginx:1.27-alpine", Ash},
		{"nginx:1.27-alpine3.20-slim", Ash},
		{"nginx:1.27", Dash},
		{"docker.io/library/python:3.12", Dash},
		{"python:3.12-slim-bookworm@sha256:00", Dash},
		{"localhost:5000/python", Unknown},
		{"example.org/shop:2-bookworm", Dash},
		{"fedora:41", Bash},
		{"registry.access.redhat.com/ubi9/ubi-minimal:9.4", Bash},
		{"registry.example.org:5000/shop", Unknown},
		{"bitnami/redis:7", Unknown},
		{"", Unknown},
	} {
		if got := Of(tt.image); got != tt.want {
			t.Errorf("Of(%q) = %v, want %v", tt.image, got, tt.want)
		}
	}
}

func TestCommand(t *testing.T) {
	for _, tt := range []struct {
		words        []string
		name, script string
	}{
		{[]string{"sh", "-c", "x"}, "sh", "x"},
		{[]string{"/bin/bash", "-euo", "pipefail", "-c", "x", "y"}, "bash", "x"},
		{[]string{"/bin/sh", "-ec", "x"}, "sh", "x"},
		{[]string{"bash", "-o", "pipefail", "-c", "x"}, "bash", "x"},
		{[]string{"bash", "--norc", "-c", "x"}, "bash", "x"},
		{[]string{"/usr/bin/env", "bash", "-c", "x"}, "bash", "x"},
		{[]string{"sh", "/entrypoint.sh", "-c"}, "", ""},
		{[]string{"tini", "--", "sh", "-c", "x"}, "", ""},
		{[]string{"sh", "-c"}, "", ""},
		{[]string{"env"}, "", ""},
		{nil, "", ""},
	} {
		if name, script := Command(tt.words); name != tt.name || script != tt.script {
			t.Errorf("Command(%q) = %q, %q, want %q, %q", tt.words, name, script, tt.name, tt.script)
		}
	}
}

// TestStays has the table of the package, and what is left alone.
func TestStays(t *testing.T) {
	all, none := []Dialect{Unknown, Dash, Bash, Ash}, []Dialect(nil)
	dash := []Dialect{Unknown, Dash}
	for _, tt := range []struct {
		script string
		stays  []Dialect
	}{
		{"server", dash},
		{"A=1 server", dash},
		{"server >> file", []Dialect{Unknown, Dash, Bash}},
		{"true && server", []Dialect{Unknown, Dash, Ash}},
		{"cd /; server", []Dialect{Unknown, Dash, Ash}},
		{"set -e\ncd /\nserver --x", []Dialect{Unknown, Dash, Ash}},
		{"server | cat", all},
		{"server & wait", all},
		{"server &\nwait", all},
		{"while true; do server; done", all},
		{"exec server", none},
		{"cd / && exec server", none},
		{"if a; then exec b; else exec c; fi", none},
		{"trap 'kill $!' TERM; server & wait", none},
		{"sleep infinity", none},
		{"tail -f /dev/null", none},
		{"while true; do sleep 1; done", none},
		{"echo hello", none},
	} {
		s, ok := Parse(tt.script)
		if !ok {
			t.Fatalf("%q is not understood", tt.script)
		}
		for _, d := range all {
			if got, want := s.Stays(d), slices.Contains(tt.stays, d); got != want {
				t.Errorf("%q: stays in %v: %v, want %v", tt.script, d, got, want)
			}
		}
	}
	if _, ok := Parse("if then ("); ok {
		t.Error("what is no script is understood")
	}
}

func TestStaysIn(t *testing.T) {
	for _, tt := range []struct {
		script, name, image string
		sure                Certainty
		who                 string
	}{
		{"server", "sh", "debian", Certain, "dash, the sh of Debian and Ubuntu,"},
		{"server", "sh", "alpine", Replaced, ""},
		{"server", "sh", "example.org/shop", Perhaps, "sh"},
		{"server | tee log", "sh", "example.org/shop", Certain, "sh"},
		{"server", "bash", "debian", Replaced, ""},
		{"server > log", "bash", "debian", Certain, "bash"},
		{"server", "sh", "scratch", Replaced, ""},
		{"make test", "sh", "debian", Replaced, ""},
	} {
		s, _ := Parse(tt.script)
		if sure, who := s.StaysIn(tt.name, tt.image); sure != tt.sure || who != tt.who {
			t.Errorf("%s -c %q in %s: %v, %q, want %v, %q", tt.name, tt.script, tt.image, sure, who, tt.sure, tt.who)
		}
	}
}

func TestSleeps(t *testing.T) {
	for _, tt := range []struct {
		words []string
		want  time.Duration
	}{
		{[]string{"sleep", "10"}, 10 * time.Second},
		{[]string{"/bin/sleep", "0.5"}, 500 * time.Millisecond},
		{[]string{"sleep", "1m", "30s"}, 90 * time.Second},
		{[]string{"sleep", "infinity"}, mostSleep},
		{[]string{"sh", "-c", "sleep 5; nginx -s quit; sleep 2"}, 7 * time.Second},
		{[]string{"sh", "-c", "sleep 5 && kill -QUIT 1"}, 5 * time.Second},
		{[]string{"sh", "-c", "a || sleep 5"}, 0},
		{[]string{"sh", "-c", "sleep 5 &"}, 0},
		{[]string{"sh", "-c", "sleep $DELAY"}, 0},
		{[]string{"sleep", "-1", "x", "9999999999999999999999999"}, mostSleep},
		{[]string{"nginx", "-s", "quit"}, 0},
	} {
		if got := Sleeps(tt.words); got != tt.want {
			t.Errorf("Sleeps(%q) = %v, want %v", tt.words, got, tt.want)
		}
	}
}

// FuzzScript: no script makes the package panic, and exec keeps no shell.
func FuzzScript(f *testing.F) {
	for _, s := range []string{"server", "a && b | c &", "trap x TERM; y", "exec a", "for i in 1; do sleep $i; done", "$(x) <<E\nE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d := Sleeps([]string{"sh", "-c", text}); d < 0 {
			t.Errorf("sleeps %v", d)
		}
		s, ok := Parse(text)
		if !ok {
			return
		}
		s.Words()
		for _, d := range []Dialect{Unknown, Dash, Bash, Ash} {
			if s.Stays(d) && s.execs() {
				t.Errorf("%q execs, and stays in %v", text, d)
			}
		}
	})
}
