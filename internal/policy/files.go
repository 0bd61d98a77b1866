// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"strings"
)

const (
	spdx = "SPDX-License-Identifier: Apache-2.0"

	// Past these a reader loses the thread. Generated files are not read.
	maxFileLines = 700
	maxFuncLines = 80
)

// noInit: importing a package of ours does nothing.
func noInit(t *Tree) []string {
	var out []string
	for _, p := range t.Packages {
		for _, f := range p.source() {
			for _, decl := range f.Syntax.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					out = append(out, fmt.Sprintf("%s: func init", t.at(fn)))
				}
			}
		}
	}
	return out
}

// spdxFirst: the licence is one line, and the first: after the #! of a script.
func spdxFirst(t *Tree) []string {
	var out []string
	for _, text := range t.Texts {
		if inTestdata(text.Path) {
			continue
		}
		lines := strings.SplitN(string(text.Data), "\n", 3)
		script := strings.HasPrefix(lines[0], "#!")
		mark := "# "
		if path.Ext(text.Path) == ".go" {
			mark = "// "
		} else if path.Ext(text.Path) != ".sh" && !script {
			continue
		}
		if script && len(lines) > 1 {
			lines = lines[1:]
		}
		if lines[0] != mark+spdx {
			out = append(out, fmt.Sprintf("%s:1: the first line is not %q", text.Path, mark+spdx))
		}
	}
	return out
}

// machinePath finds absolute paths that name somebody's machine. What every
// machine has (/proc, /dev, /etc, /run, /usr, /var) may be named.
var machinePath = regexp.MustCompile(`(?:^|[\s"'` + "`" + `(=:,@>])(/(?:work|home|root|Users|tmp|mnt)/[^\s"'` + "`" + `]*|[A-Z]:\\Users[^\s"']*)`)

func noMachinePaths(t *Tree) []string {
	var out []string
	for _, text := range t.Texts {
		if path.Base(text.Path) == "LICENSE" {
			continue
		}
		n := 0
		for line := range strings.Lines(string(text.Data)) {
			n++
			if m := machinePath.FindStringSubmatch(line); m != nil {
				out = append(out, fmt.Sprintf("%s:%d: machine path %s", text.Path, n, m[1]))
			}
		}
	}
	return out
}

func smallFiles(t *Tree) []string {
	var out []string
	for _, p := range t.Packages {
		for _, f := range p.Files {
			if ast.IsGenerated(f.Syntax) {
				continue
			}
			if f.Lines > maxFileLines {
				out = append(out, fmt.Sprintf("%s: %d lines, more than %d", f.Path, f.Lines, maxFileLines))
			}
			for _, decl := range f.Syntax.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok {
					if n := t.lines(fn); n > maxFuncLines {
						out = append(out, fmt.Sprintf("%s: func %s has %d lines, more than %d", t.at(fn), fn.Name.Name, n, maxFuncLines))
					}
				}
			}
		}
	}
	return out
}

// lines returns how many lines a node takes, its doc comment not counted.
func (t *Tree) lines(n ast.Node) int {
	start := n.Pos()
	if fn, ok := n.(*ast.FuncDecl); ok {
		start = fn.Type.Func
	}
	return t.fset.Position(n.End()).Line - t.fset.Position(start).Line + 1
}
