// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"go/format"
	"regexp"
	"strings"
	"testing"
)

var (
	idForm    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	goSnippet = regexp.MustCompile("(?s)```go\n(.*?)```")
)

// Each entry is whole: one sentence of a title, and text in every section.
func TestCatalogIsWhole(t *testing.T) {
	for _, e := range Catalog() {
		if !idForm.MatchString(e.ID) {
			t.Errorf("id %q", e.ID)
		}
		if !strings.HasSuffix(e.Title, ".") || strings.Contains(e.Title, "\n") {
			t.Errorf("%s: title %q", e.ID, e.Title)
		}
		if e.Meaning == "" {
			t.Errorf("%s: no meaning", e.ID)
		}
		for _, s := range e.sections() {
			if *s.text == "" {
				t.Errorf("%s: nothing under %q", e.ID, s.name)
			}
		}
		if strings.Contains(e.Off, "`--skip "+e.ID+"`") != Switchable(e.ID) {
			t.Errorf("%s: off: %q", e.ID, e.Off)
		}
	}
}

// The Go in it is Go, and formatted as such; a wrong and a right way are there.
func TestCatalogSnippets(t *testing.T) {
	for _, e := range Catalog() {
		wrong, right := goSnippet.FindAllStringSubmatch(e.Wrong, -1), goSnippet.FindAllStringSubmatch(e.Right, -1)
		if len(right) == 0 && Switchable(e.ID) {
			t.Errorf("%s: nothing in Go is right", e.ID)
		}
		for _, m := range append(wrong, right...) {
			got, err := format.Source([]byte(m[1]))
			if err != nil {
				t.Errorf("%s: %v in\n%s", e.ID, err, m[1])
			} else if string(got) != m[1] {
				t.Errorf("%s: not formatted:\n%swant\n%s", e.ID, m[1], got)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	e, ok := Lookup("exit-code")
	if !ok || e.Title != "The exit code is one that is allowed." {
		t.Errorf("Lookup: %v, %+v", ok, e)
	}
	if _, ok := Lookup("exit"); ok {
		t.Error("there is an entry for \"exit\"")
	}
	text := e.String()
	at := 0
	for _, want := range []string{"exit-code\n\nThe exit code is", "By default 0 is.", "\nWHY\n\n", "\nWRONG\n\n", "log.Fatal", "\nRIGHT\n\n", "\nELSEWHERE\n\n", "\nOFF\n\n", "--skip exit-code"} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing, or out of order, in\n%s", want, text)
		}
		at += i
	}
	if strings.Contains(text, "```") {
		t.Errorf("there are fences in\n%s", text)
	}
}

func TestPlain(t *testing.T) {
	long := strings.Repeat("word ", 16) // 80 columns with the space at the end
	in := long + "more\nwords.\n\nA second.\n\n```go\nif x {\n\treturn\n}\n```\n\nThe end."
	want := strings.TrimSpace(long) + "\nmore words.\n\nA second.\n\n    if x {\n    \treturn\n    }\n\nThe end."
	if got := plain(in); got != want {
		t.Errorf("plain:\n%s\nwant\n%s", got, want)
	}
}
