// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// ofMessages reports whether a command is one that the user has set, or a line of a shell
// that is not constant, and is run for each value of a channel: the next ones wait for it.
func ofMessages(pass *check.Pass, cur inspector.Cursor) bool {
	n := cur.Node().(*ast.CallExpr)
	said := line(pass, n)
	if said == n.Args[0] && !ofUser(pass, cur, said) || pass.TypesInfo.Types[said].Value != nil {
		return false
	}
	return perMessage(pass, cur, helperDepth)
}

// perMessage reports whether a place is in a loop over a channel, or in a function that the
// package calls in one.
func perMessage(pass *check.Pass, at inspector.Cursor, depth int) bool {
	if loop, ok := code.Loop(at); ok && overChannel(pass, loop.Node()) {
		return true
	}
	around, ok := code.Enclosing(at)
	if !ok || depth == 0 {
		return false
	}
	decl, ok := around.Node().(*ast.FuncDecl)
	if !ok {
		return false
	}
	fn := pass.TypesInfo.Defs[decl.Name]
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if callee := typeutil.StaticCallee(pass.TypesInfo, call); callee == nil || types.Object(callee.Origin()) != fn || isGo(cur) || code.IsTest(pass.Fset, call.Pos()) {
			continue
		}
		if perMessage(pass, cur, depth-1) {
			return true
		}
	}
	return false
}

func overChannel(pass *check.Pass, loop ast.Node) bool {
	r, ok := loop.(*ast.RangeStmt)
	if !ok {
		return false
	}
	t := pass.TypesInfo.TypeOf(r.X)
	if t == nil {
		return false
	}
	_, ok = t.Underlying().(*types.Chan)
	return ok
}
