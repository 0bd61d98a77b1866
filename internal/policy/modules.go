// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// A Directive is a line of a go.mod or go.work file: the Line's number, the
// Verb (for a line in a block that of the block), and the other words as Args.
type Directive struct {
	Line int
	Verb string
	Args []string
}

// directives reads a go.mod or go.work file, blocks flattened. It knows the
// layout, not the meaning: all that the rules need, and no dependency.
func directives(data []byte) []Directive {
	var out []Directive
	block := ""
	for i, line := range strings.Split(string(data), "\n") {
		line, _, _ = strings.Cut(line, "//")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == ")":
			block = ""
		case block == "" && words[len(words)-1] == "(":
			block = words[0]
		case block != "":
			out = append(out, Directive{i + 1, block, words})
		default:
			out = append(out, Directive{i + 1, words[0], words[1:]})
		}
	}
	return out
}

func (m *Module) at(d Directive) string {
	return fmt.Sprintf("%s:%d", path.Join(m.Dir, "go.mod"), d.Line)
}

// coreRequiresNothing: whoever adds the core adds nothing else.
func coreRequiresNothing(t *Tree) []string {
	var out []string
	for _, m := range t.Modules {
		if m.Dir != "." {
			continue
		}
		for _, d := range m.Directives {
			if !slices.Contains([]string{"module", "go", "retract"}, d.Verb) {
				out = append(out, fmt.Sprintf("%s: %s %s in the core's go.mod", m.at(d), d.Verb, strings.Join(d.Args, " ")))
			}
		}
		if m.HasSum {
			out = append(out, "go.sum: the core requires nothing, so it has no go.sum")
		}
	}
	return out
}

// noReplace: a replace works only in the main module, so a go.mod with one
// builds here and breaks for users.
func noReplace(t *Tree) []string {
	var out []string
	for _, m := range t.Modules {
		for _, d := range m.Directives {
			if d.Verb == "replace" {
				out = append(out, fmt.Sprintf("%s: replace %s; it belongs into go.work", m.at(d), strings.Join(d.Args, " ")))
			}
		}
	}
	return out
}

// workspaceComplete: go.work uses every module but tools, and replaces each one
// that another requires at v0.0.0, a version that no proxy has.
func workspaceComplete(t *Tree) []string {
	used, replaced := map[string]bool{}, map[string]bool{}
	data, _ := t.text("go.work")
	for _, d := range directives(data) {
		switch {
		case d.Verb == "use" && len(d.Args) == 1:
			used[path.Clean(d.Args[0])] = true
		case d.Verb == "replace" && len(d.Args) > 1 && d.Args[1] == "v0.0.0":
			replaced[d.Args[0]] = true
		}
	}
	var out []string
	for _, m := range t.Modules {
		if !used[m.Dir] && m.Dir != "tools" {
			out = append(out, fmt.Sprintf("go.work: does not use %s", m.Dir))
		}
		for _, d := range m.Directives {
			if d.Verb == "require" && len(d.Args) > 1 && d.Args[1] == "v0.0.0" && within(d.Args[0], corePath) && !replaced[d.Args[0]] {
				out = append(out, fmt.Sprintf("%s: requires %s, and go.work does not say where v0.0.0 is", m.at(d), d.Args[0]))
			}
		}
	}
	return out
}
