// SPDX-License-Identifier: Apache-2.0

package killself

import (
	_ "embed"
	"go/ast"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports tests that send a deadly signal to their own process.
var Analyzer = check.New(doc, run, signals.Analyzer)

// deadly are the signals that end a Go program that has not registered them.
var deadly = []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGKILL, syscall.SIGTERM}

func run(pass *check.Pass) (any, error) {
	if !code.HasTests(pass.Pass) || pass.Pkg.Path() == "os/signal" { // which tests just that
		return nil, nil
	}
	pkg := signals.Of(pass.Pass)
	guarded := pkg != nil && prepared(pass, pkg)
	for cur := range pass.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		if decl.Recv == nil && strings.HasPrefix(decl.Name.Name, "Test") && decl.Name.Name != "TestMain" && code.IsTest(pass.Fset, decl.Pos()) {
			test{pass: pass, pkg: pkg, at: cur, guarded: guarded}.check()
		}
	}
	return nil, nil
}

// prepared reports whether TestMain or init registers signals for all tests.
func prepared(pass *check.Pass, pkg *signals.Package) bool {
	for fn, decl := range pkg.Functions() {
		if fn.Name() != "TestMain" && fn.Name() != "init" {
			continue
		}
		for call := range signals.Synchronous(decl) {
			if pkg.Installs(call) {
				return true
			}
		}
	}
	return false
}

// A test is one test function.
type test struct {
	pass    *check.Pass
	pkg     *signals.Package // nil: nothing here has to do with os/signal
	at      inspector.Cursor
	guarded bool // signals are registered for all tests
}

func (t test) check() {
	if t.child() {
		return
	}
	for cur := range t.at.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		s, ok := t.kills(call)
		if !ok || !slices.Contains(deadly, s) {
			continue
		}
		switch {
		case s == syscall.SIGKILL:
			t.pass.Reportf(call, "the test sends SIGKILL to its own process: the test binary dies here")
		case t.guarded:
		case t.unregistered():
			t.pass.Reportf(call, "the test sends its own process a signal that nobody has registered: the test binary dies here")
		case t.races(cur):
			t.pass.Reportf(call, "the test sends its own process a signal that a goroutine may not have registered yet: then the test binary dies here")
		}
	}
}

// child reports whether the test may be run as a process of its own.
func (t test) child() bool {
	for cur := range t.at.Preorder((*ast.CallExpr)(nil)) {
		if code.IsCall(t.pass.TypesInfo, cur.Node(), "os.Getenv", "os.LookupEnv", "os.Environ", "os/exec.Command", "os/exec.CommandContext", "flag.Parse") {
			return true
		}
	}
	return false
}

// unregistered reports whether nothing in the test can register a signal.
func (t test) unregistered() bool {
	for cur := range t.at.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if t.pkg != nil && t.pkg.Installs(call) || t.unknown(call) {
			return false
		}
	}
	return true
}

// races reports whether signals are registered only in goroutines, which nothing but a
// sleep waits for.
func (t test) races(kill inspector.Cursor) bool {
	if code.Function(kill) != t.at || t.pkg == nil {
		return false
	}
	started := false
	for cur := range t.at.Preorder((*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil), (*ast.SelectStmt)(nil), (*ast.ForStmt)(nil)) {
		if cur.Node().Pos() >= kill.Node().Pos() {
			break
		}
		call, ok := cur.Node().(*ast.CallExpr)
		switch {
		case inGoroutine(cur, t.at):
			started = started || ok && t.pkg.Installs(call)
		case !ok:
			if !started || !synchronizes(cur.Node()) {
				continue
			}
			return false
		case t.pkg.Installs(call), t.unknown(call), started && !t.sleeps(call):
			return false
		}
	}
	return started
}

// synchronizes reports whether a statement may wait for a goroutine.
func synchronizes(n ast.Node) bool {
	u, ok := n.(*ast.UnaryExpr)
	return !ok || u.Op.String() == "<-"
}

// inGoroutine reports whether a node is in a go statement of the test.
func inGoroutine(cur, test inspector.Cursor) bool {
	for outer := range cur.Enclosing((*ast.GoStmt)(nil), (*ast.FuncDecl)(nil)) {
		return outer != test
	}
	return false
}

// sleeps reports whether a call surely waits for nothing but time.
func (t test) sleeps(call *ast.CallExpr) bool {
	switch code.Callee(t.pass.TypesInfo, call) {
	case "time.Sleep", "os.Getpid", "syscall.Getpid", "os.FindProcess",
		"(*testing.common).Log", "(*testing.common).Logf", "(*testing.common).Helper", "(*testing.common).Fatal", "(*testing.common).Fatalf":
		return true
	}
	return t.pass.TypesInfo.Types[call.Fun].IsType()
}
