// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestChildren(t *testing.T) {
	for text, want := range map[string]string{
		`#!/bin/sh` + "\nset -e\n" + `"$@"`:    `3 "$@" dispatches`,
		`$*`:                                   `1 $* dispatches`,
		`"${@}"`:                               `1 "${@}" dispatches`,
		`"${@:2}"`:                             `1 "${@:2}"`,
		`exec "$@"`:                            ``,
		"/shop --x\nexit $?":                   `1 /shop --x`,
		"main() {\n/shop\n}\nmain \"$@\"":      `2 /shop`,
		"f() { f; }\nf":                        ``,
		"if a; then /shop a; else /shop b; fi": `1 /shop a,1 /shop b`,
		"case $1 in a) exec /shop;; *) \"$@\";; esac": `1 "$@" dispatches`,
		"case $1 in a) exec /shop;; *) /other;; esac": ``,
		"{ /shop; }":                 `1 /shop`,
		"(cd /x; /shop)":             `1 /shop`,
		"cd /x && /shop":             `1 /shop`,
		"/shop | tee log":            `1 /shop | tee log`,
		"cat x | grep y":             ``,
		"exec /shop | tee log":       ``,
		"a=b":                        ``,
		"/shop & wait":               `1 wait waits`,
		"/shop &\nwait -n":           `2 wait -n waits`,
		"/shop &\ntail -f /dev/null": `2 tail -f /dev/null waits`,
		"tail -f /dev/null":          ``,
		"sleep 5 & wait":             ``,
		"trap 'kill $p' TERM\n/shop & p=$!\nwait $p": ``,
		"go test ./...":              ``,
		"go run .":                   `1 go run .`,
		"npm run build":              ``,
		"npm run test:unit":          ``,
		"npm start":                  `1 npm start`,
		"/shop --version":            ``,
		"./run-tests.sh -x":          ``,
		"$SHOP --x":                  `1 $SHOP --x`,
		"bash":                       ``,
		"/shop &":                    ``,
		"while true; do /shop; done": ``,
		"! /shop":                    `1 ! /shop`,
	} {
		s, ok := Parse(text)
		if !ok {
			t.Fatalf("%q is not understood", text)
		}
		var got []string
		for _, c := range s.Children() {
			line := fmt.Sprint(c.Line, " ", c.Words)
			if c.Dispatches {
				line += " dispatches"
			}
			if c.Waits {
				line += " waits"
			}
			got = append(got, line)
		}
		if strings.Join(got, ",") != want {
			t.Errorf("Children(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestLeaves(t *testing.T) {
	for text, want := range map[string]string{
		"exporter &\nexec shop": "exporter &", "exec shop": "", "exporter & wait": "", "sleep 5 & exec shop": "", "curl x & exec shop": "",
		"(exporter) & exec shop": "", "$X & exec shop": "", "exporter & exec tini -- shop": "", "/init-db.sh & exec shop": "",
	} {
		s, _ := Parse(text)
		if got, _ := s.Leaves(); got != want {
			t.Errorf("Leaves(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestArguments(t *testing.T) {
	for text, want := range map[string][2]bool{
		`exec "$@"`: {true, true}, `exec tini -- "$@"`: {true, false}, `shop "$1"`: {true, false}, `shop $HOME`: {false, false}, `echo $#; exec $*`: {true, true},
	} {
		s, _ := Parse(text)
		if got := [2]bool{s.Positional(), s.ExecsArguments()}; got != want {
			t.Errorf("%q: positional and exec'd %v, want %v", text, got, want)
		}
	}
}

func TestInterpreted(t *testing.T) {
	for text, want := range map[string]bool{
		"#!/bin/sh\n": true, "#! /usr/bin/env bash\n": true, "echo": true, "#!/bin/bash -e": true, "#!/usr/bin/python3\n": false,
		"#!/usr/bin/with-contenv bash\n": false, "#!": false, "\x7fELF\x00": false,
	} {
		if got := Interpreted(text); got != want {
			t.Errorf("Interpreted(%q) = %v", text, got)
		}
	}
}

func TestCutInit(t *testing.T) {
	for _, tt := range []struct {
		words string
		init  Init
		rest  string
	}{
		{"/sbin/tini -- shop -g", Init{Name: "tini"}, "shop -g"},
		{"tini -g shop", Init{Name: "tini", Group: true}, "shop"},
		{"tini -vg -e 143 -- shop", Init{Name: "tini", Group: true}, "shop"},
		{"dumb-init shop", Init{Name: "dumb-init", Group: true}, "shop"},
		{"dumb-init --single-child --rewrite 15:3 -- shop", Init{Name: "dumb-init"}, "shop"},
		{"catatonit -- shop", Init{Name: "catatonit"}, "shop"},
		{"/init", Init{Name: "init", Whole: true}, ""},
		{"shop --x", Init{}, "shop --x"},
		{"tini", Init{Name: "tini"}, ""},
		{"tini -p", Init{Name: "tini"}, ""},
		{"", Init{}, ""},
	} {
		init, rest := CutInit(strings.Fields(tt.words))
		if init != tt.init || strings.Join(rest, " ") != tt.rest {
			t.Errorf("CutInit(%s) = %+v, %q", tt.words, init, rest)
		}
	}
}

func TestFile(t *testing.T) {
	for words, want := range map[string][]string{
		"/e.sh a b": {"/e.sh", "a", "b"}, "sh /e.sh a": {"/e.sh", "a"}, "bash -eux /e.sh": {"/e.sh"}, "sh -c x": {""}, "sh": {""}, "": {""}, "bash -o pipefail x": {""},
	} {
		file, rest := File(strings.Fields(words))
		if got := append([]string{file}, rest...); !slices.Equal(got, want) {
			t.Errorf("File(%s) = %q, want %q", words, got, want)
		}
	}
}

func FuzzEntrypoint(f *testing.F) {
	for _, text := range []string{"#!/bin/sh\nset -e\n\"$@\"", "f() { g; }; g() { f; }; f", "a | b | c &", "case $1 in a) x;; esac", "if a; then b; fi; exit", "a && b || c", "$(x)", "()0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		Interpreted(text)
		s, ok := Parse(text)
		if !ok {
			return
		}
		lines := strings.Count(text, "\n") + 1
		for _, c := range s.Children() {
			if c.Line < 1 || c.Line > lines || strings.Contains(c.Words, "\n") {
				t.Errorf("%q: child %+v of %d lines", text, c, lines)
			}
			if s.calls("trap") || c.Dispatches && c.Waits {
				t.Errorf("%q: child %+v", text, c)
			}
		}
		if words, line := s.Leaves(); words != "" && (line < 1 || line > lines) {
			t.Errorf("%q: leaves %q in line %d", text, words, line)
		}
		s.SoonOver()
		s.Positional()
		s.ExecsArguments()
	})
}

// TestHuge: what a script costs has a limit.
func TestHuge(t *testing.T) {
	if _, ok := Parse("x" + strings.Repeat(" x", mostScript)); ok {
		t.Error("one that is too large is understood")
	}
	many := "f() {\nif a; then f; " + strings.Repeat("elif a; then f; ", 300) + "fi\n}\nf\n"
	s, ok := Parse(many)
	if !ok {
		t.Fatal("not understood")
	}
	if got := s.Children(); len(got) != 0 { // and it comes back
		t.Errorf("children are %v", got)
	}
}
