// SPDX-License-Identifier: Apache-2.0

package rawsignal

import (
	_ "embed"
	"go/ast"
	"go/build/constraint"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

//go:embed doc.go
var doc string

// Analyzer reports signals given by a number where they have a name.
var Analyzer = check.New(doc, run)

// A meaning is what a number is on Linux, and on macOS and the BSDs.
type meaning struct{ linux, bsd string }

var differing = map[int64]meaning{
	7: {"SIGBUS", "SIGEMT"}, 10: {"SIGUSR1", "SIGBUS"}, 12: {"SIGUSR2", "SIGSYS"}, 16: {"SIGSTKFLT", "SIGURG"},
	17: {"SIGCHLD", "SIGSTOP"}, 18: {"SIGCONT", "SIGTSTP"}, 19: {"SIGSTOP", "SIGCONT"}, 20: {"SIGTSTP", "SIGCHLD"},
	23: {"SIGURG", "SIGIO"}, 29: {"SIGIO", "SIGINFO"}, 30: {"SIGPWR", "SIGUSR1"}, 31: {"SIGSYS", "SIGUSR2"},
}

// portable are the signals that have one number, and a name in package syscall, on every
// system that has package syscall's Signal.
var portable = map[int64]string{
	1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 6: "SIGABRT", 9: "SIGKILL", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
}

func run(pass *check.Pass) (any, error) {
	if !code.Imports(pass.Pkg, "syscall") {
		return nil, nil
	}
	for cur := range pass.Inspect.Root().Preorder((*ast.File)(nil)) {
		f := cur.Node().(*ast.File)
		if code.IsTest(pass.Fset, f.Pos()) || oneSystem(pass.Fset, f) {
			continue
		}
		literals(pass, cur)
	}
	return nil, nil
}

func literals(pass *check.Pass, file inspector.Cursor) {
	for cur := range file.Preorder((*ast.BasicLit)(nil)) {
		lit := cur.Node().(*ast.BasicLit)
		if lit.Kind != token.INT || !isSignal(pass.TypesInfo, cur) || counts(cur) {
			continue
		}
		n, ok := code.IntConst(pass.TypesInfo, lit)
		if !ok {
			continue
		}
		if name := portable[n]; name != "" {
			pass.Reportf(lit, "signal %d is given by a number: syscall.%s is its name on every system", n, name)
		}
		if m, differs := differing[n]; differs {
			pass.Reportf(lit, "signal %d is %s on Linux and %s on macOS and the BSDs: name the one that is meant", n, m.linux, m.bsd)
		}
	}
}

// isSignal reports whether a number is used as a signal, not in arithmetic with one.
func isSignal(info *types.Info, lit inspector.Cursor) bool {
	switch parent := lit.Parent().Node().(type) {
	case *ast.BinaryExpr:
		if parent.Op != token.EQL && parent.Op != token.NEQ {
			return false
		}
	case *ast.CallExpr:
		if tv := info.Types[parent.Fun]; tv.IsType() && tv.Type != nil {
			return code.IsNamed(tv.Type, "syscall.Signal")
		}
	}
	t := info.TypeOf(lit.Node().(ast.Expr))
	return t != nil && code.IsNamed(t, "syscall.Signal")
}

// counts reports whether a number is where a loop over signals begins or ends.
func counts(lit inspector.Cursor) bool {
	for outer := range lit.Enclosing((*ast.ForStmt)(nil), (*ast.BlockStmt)(nil)) {
		_, ok := outer.Node().(*ast.ForStmt)
		return ok
	}
	return false
}

// systems are the operating systems that have signals with numbers. Those with Linux's
// numbers are as good as Linux.
var systems = []string{"linux", "android", "darwin", "ios", "freebsd", "netbsd", "openbsd", "dragonfly", "solaris", "illumos", "aix"}

// oneSystem reports whether a file is built for one operating system only, by its name
// or its build constraint.
func oneSystem(fset *token.FileSet, f *ast.File) bool {
	name := strings.TrimSuffix(filepath.Base(fset.File(f.Pos()).Name()), ".go")
	parts := strings.Split(name, "_")
	for _, part := range parts[1:] {
		if slices.Contains(systems, part) || part == "windows" {
			return true
		}
	}
	for _, group := range f.Comments {
		if group.Pos() > f.Package {
			break
		}
		for _, c := range group.List {
			if x, err := constraint.Parse(c.Text); err == nil && builtFor(x) <= 1 {
				return true
			}
		}
	}
	return false
}

// builtFor counts the systems that a constraint lets a file be built for.
func builtFor(x constraint.Expr) int {
	n := 0
	for _, system := range systems {
		if x.Eval(func(tag string) bool {
			return tag == system || tag == "unix" || !slices.Contains(systems, tag) && tag != "windows"
		}) {
			n++
		}
	}
	return n
}
