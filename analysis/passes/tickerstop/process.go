// SPDX-License-Identifier: Apache-2.0

package tickerstop

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// ofProcess reports whether a function is one that a process runs once: it takes part in the
// handling of signals, with which a program ends, or is a function of a package of commands
// that nothing calls in a loop, nor for a request or an object.
func ofProcess(pass *check.Pass, fn inspector.Cursor) bool {
	decl := code.Declaration(fn)
	if !decl.Valid() {
		return false
	}
	n := decl.Node().(*ast.FuncDecl)
	return handlesSignals(pass, n) || n.Recv == nil && ofCommand(pass.Pkg) && !forEach(pass, n) && calledOnce(pass, n)
}

// handlesSignals reports whether a function is given a channel of signals, or registers one.
func handlesSignals(pass *check.Pass, decl *ast.FuncDecl) bool {
	for _, field := range decl.Type.Params.List {
		if ch, ok := pass.TypesInfo.TypeOf(field.Type).Underlying().(*types.Chan); ok && code.IsNamed(ch.Elem(), "os.Signal") {
			return true
		}
	}
	found := false
	ast.Inspect(decl, func(n ast.Node) bool {
		found = found || code.IsCall(pass.TypesInfo, n, "os/signal.Notify", "os/signal.NotifyContext", "os/signal.Stop")
		return !found
	})
	return found
}

// ofCommand reports whether a package is, by its path, the code of a command.
func ofCommand(pkg *types.Package) bool {
	_, inModule, _ := strings.Cut(pkg.Path(), "/") // "cmd" alone has those of Go
	for elem := range strings.SplitSeq(inModule, "/") {
		if elem == "cmd" || elem == "cmds" || elem == "command" || elem == "commands" {
			return true
		}
	}
	return false
}

// forEach reports whether a function is, by what it is given, called for each request, stream
// or connection.
func forEach(pass *check.Pass, decl *ast.FuncDecl) bool {
	for _, field := range decl.Type.Params.List {
		t := pass.TypesInfo.TypeOf(field.Type)
		for _, name := range []string{"net/http.ResponseWriter", "net/http.Request", "net.Conn"} {
			if code.IsNamed(t, name) {
				return true
			}
		}
		if p, ok := types.Unalias(t).(*types.Pointer); ok && code.IsNamed(p.Elem(), "net/http.Request") {
			return true
		}
	}
	return false
}

// calledOnce reports whether no use of a function in its package is in a loop, or in what is
// not such a function itself.
func calledOnce(pass *check.Pass, decl *ast.FuncDecl) bool {
	fn := pass.TypesInfo.Defs[decl.Name]
	for cur := range pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		if pass.TypesInfo.Uses[cur.Node().(*ast.Ident)] != fn || code.IsTest(pass.Fset, cur.Node().Pos()) {
			continue
		}
		outer := code.Declaration(cur)
		if !outer.Valid() || code.InLoop(cur) || outer.Node().(*ast.FuncDecl).Recv != nil || forEach(pass, outer.Node().(*ast.FuncDecl)) {
			return false
		}
	}
	return true
}

// neverNeedless reports whether the channel of a ticker, in a field, is only read by loops
// without an end: as long as they run, which is for good, it is in use.
func neverNeedless(pass *check.Pass, at inspector.Cursor) bool {
	field := fieldOf(pass, at.Parent())
	if field == nil || field.Exported() {
		return false
	}
	reads := 0
	for cur := range pass.Inspect.Root().Preorder((*ast.SelectorExpr)(nil)) {
		sel := cur.Node().(*ast.SelectorExpr)
		if code.ObjectOf(pass.TypesInfo, sel) != types.Object(field) {
			continue
		}
		if _, receive := cur.Parent().Node().(*ast.UnaryExpr); !receive || !inEndless(cur) {
			return false
		}
		reads++
	}
	return reads > 0
}
