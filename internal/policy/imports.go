// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
)

// layer places each package of the core by the first element of its folder. A
// package imports only lower layers, and what shares its first element:
//
//	internal → sigmux, scope, drain, ctxio, sdnotify → pool → root
//	         → admin, reload, handoff, quiescetest → contract
var layer = map[string]int{
	"internal": 0,
	"sigmux":   1, "scope": 1, "drain": 1, "ctxio": 1, "sdnotify": 1,
	"pool":  2,
	".":     3,
	"admin": 4, "reload": 4, "handoff": 4, "quiescetest": 4, "contract": 5,
}

// top returns the first element of a folder.
func top(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// coreImportsStd: the core and its tests import the standard library and the
// core, no other module of this repository either.
func coreImportsStd(t *Tree) []string {
	own := map[string]bool{}
	for _, p := range t.core() {
		own[p.importPath()] = true
	}
	var out []string
	for _, p := range t.core() {
		for _, f := range p.Files {
			for _, imp := range f.imports() {
				if !isStd(imp.path) && !own[imp.path] {
					out = append(out, fmt.Sprintf("%s: the core imports %s", t.at(imp.spec), imp.path))
				}
			}
		}
	}
	return out
}

// coreImportsDownwards: see [layer]. Tests may import what is above, as
// external tests do.
func coreImportsDownwards(t *Tree) []string {
	var out []string
	for _, p := range t.core() {
		from, placed := layer[top(p.Dir)]
		if !placed {
			out = append(out, fmt.Sprintf("%s: not placed in the table of layers (internal/policy/imports.go)", p.Dir))
			continue
		}
		for _, f := range p.source() {
			for _, imp := range f.imports() {
				if !within(imp.path, corePath) {
					continue
				}
				dir := "."
				if imp.path != corePath {
					dir = strings.TrimPrefix(imp.path, corePath+"/")
				}
				if to, ok := layer[top(dir)]; top(dir) != top(p.Dir) && (!ok || to >= from) {
					out = append(out, fmt.Sprintf("%s: %s imports %s, which is not below it", t.at(imp.spec), p.Dir, dir))
				}
			}
		}
	}
	return out
}

// sigmuxWithoutHTTP: programs that need only Ctrl-C use sigmux, and net/http is
// half of such a binary.
func sigmuxWithoutHTTP(t *Tree) []string {
	if chain := t.chain(corePath+"/sigmux", "net/http"); chain != nil {
		return []string{"sigmux: " + strings.Join(chain, " imports ")}
	}
	return nil
}

// chain returns a shortest way of imports from one package to another, nil for
// none. Files of all platforms count in our packages, in the standard library
// those of this one.
func (t *Tree) chain(from, to string) []string {
	parent := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			var chain []string
			for p := to; p != ""; p = parent[p] {
				chain = append([]string{p}, chain...)
			}
			return chain
		}
		for _, p := range t.importsOf(queue[0]) {
			if _, seen := parent[p]; !seen {
				parent[p] = queue[0]
				queue = append(queue, p)
			}
		}
	}
	return nil
}

func (t *Tree) importsOf(importPath string) []string {
	if isStd(importPath) {
		return t.std.imports(importPath)
	}
	var out []string
	for _, p := range t.Packages {
		if p.importPath() != importPath {
			continue
		}
		for _, f := range p.source() {
			for _, imp := range f.imports() {
				out = append(out, imp.path)
			}
		}
	}
	return out
}

// adaptersApart: who takes one adapter does not get the libraries of another.
func adaptersApart(t *Tree) []string {
	const adapters = corePath + "/adapter"
	var out []string
	for _, m := range t.Modules {
		for _, d := range m.Directives {
			if d.Verb == "require" && within(m.Path, adapters) && within(d.Args[0], adapters) {
				out = append(out, fmt.Sprintf("%s: an adapter requires %s", m.at(d), d.Args[0]))
			}
		}
	}
	for _, p := range t.Packages {
		if top(p.Dir) != "adapter" || p.Module == nil {
			continue
		}
		for _, f := range p.Files {
			for _, imp := range f.imports() {
				if within(imp.path, adapters) && !within(imp.path, p.Module.Path) {
					out = append(out, fmt.Sprintf("%s: an adapter imports %s", t.at(imp.spec), imp.path))
				}
			}
		}
	}
	return out
}

// signalInSigmuxOnly: signals have one owner. Examples and benchmarks show what
// it is like without, and contract states what os/signal does.
func signalInSigmuxOnly(t *Tree) []string {
	free := map[string]bool{"sigmux": true, "contract": true, "examples": true, "bench": true}
	var out []string
	for _, p := range t.Packages {
		if free[top(p.Dir)] {
			continue
		}
		for _, f := range p.source() {
			for _, imp := range f.imports() {
				if imp.path == "os/signal" {
					out = append(out, fmt.Sprintf("%s: %s imports os/signal; sigmux owns it", t.at(imp.spec), p.Dir))
				}
			}
		}
	}
	return out
}
