// SPDX-License-Identifier: Apache-2.0

package secondsignal

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// child returns the call that passes a signal on to a child, if the program then waits for the
// end of it, however long that takes.
func (f finder) child(after []inspector.Cursor) *ast.CallExpr {
	if f.exitsBeside(after) || f.limits(after) != (limits{}) {
		return nil
	}
	var told *ast.CallExpr
	for _, stmt := range after {
		if told != nil && receives(stmt.Node()) {
			return told
		}
		for call := range signals.Synchronous(stmt) {
			switch {
			case f.gives(call) || signals.Ends(call):
				return nil
			case code.IsCall(f.pass.TypesInfo, call, "(*os.Process).Signal"):
				told = call
			case told != nil && code.IsCall(f.pass.TypesInfo, call, "(*os/exec.Cmd).Wait", "(*os.Process).Wait"):
				return told
			}
		}
	}
	return nil
}

// receives reports whether a statement is a receive from a channel, and nothing else.
func receives(stmt ast.Node) bool {
	var e ast.Expr
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		if len(s.Rhs) == 1 {
			e = s.Rhs[0]
		}
	}
	u, ok := e.(*ast.UnaryExpr)
	return ok && u.Op == token.ARROW
}
