// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// readsPipe reports a goroutine that reads the output of a command, whose Wait or Run the
// function calls without waiting for the goroutine: it closes the pipe when the command has
// ended, read or not, as the documentation of StdoutPipe says.
func (f *finder) readsPipe(start inspector.Cursor) {
	stmt, outer := start.Node().(*ast.GoStmt), code.Function(start)
	pipes := f.pipes(outer, stmt)
	if len(pipes) == 0 || f.mayTell(stmt) {
		return
	}
	for cur := range outer.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if !code.IsCall(f.TypesInfo, call, "(*os/exec.Cmd).Wait", "(*os/exec.Cmd).Run") || !f.mentions(stmt, pipes[code.ObjectOf(f.TypesInfo, code.Receiver(call))]) ||
			!(code.Function(cur) == outer && call.Pos() >= stmt.End() && !deferred(cur)) && !f.firstAside(cur, outer, stmt) {
			continue
		}
		f.Reportf(stmt, "%s at line %d closes the pipe without waiting for this goroutine, which may not have read the last of it",
			types.ExprString(call.Fun), f.Fset.Position(call.Pos()).Line)
		return
	}
}

// firstAside reports whether a call is the first thing that another goroutine of the
// function does: it waits for nothing before.
func (f *finder) firstAside(call, outer inspector.Cursor, stmt *ast.GoStmt) bool {
	fn := code.Function(call)
	if _, lit := fn.Node().(*ast.FuncLit); !lit || fn.ParentEdgeKind() != edge.CallExpr_Fun || fn.Parent().ParentEdgeKind() != edge.GoStmt_Call {
		return false
	}
	start := fn.Parent().Parent()
	return start.Node() != ast.Node(stmt) && code.Function(start) == outer && code.Contains(code.Body(fn.Node()).List[0], call.Node())
}

// pipes returns the variables of a function that hold the output of each of its commands,
// or what reads it, before a go statement.
func (f *finder) pipes(fn inspector.Cursor, stmt *ast.GoStmt) map[types.Object]map[types.Object]bool {
	out := map[types.Object]map[types.Object]bool{}
	for cur := range own(fn, (*ast.AssignStmt)(nil)) {
		n := cur.Node().(*ast.AssignStmt)
		if n.Pos() > stmt.Pos() || len(n.Rhs) != 1 {
			continue
		}
		call, ok := ast.Unparen(n.Rhs[0]).(*ast.CallExpr)
		v, isVar := code.ObjectOf(f.TypesInfo, n.Lhs[0]).(*types.Var)
		if !ok || !isVar || v.IsField() {
			continue
		}
		if code.IsCall(f.TypesInfo, call, "(*os/exec.Cmd).StdoutPipe", "(*os/exec.Cmd).StderrPipe") {
			if cmd, isCmd := code.ObjectOf(f.TypesInfo, code.Receiver(call)).(*types.Var); isCmd && !cmd.IsField() {
				if out[cmd] == nil {
					out[cmd] = map[types.Object]bool{}
				}
				out[cmd][v] = true
			}
			continue
		}
		for _, vars := range out {
			if code.IsCall(f.TypesInfo, call, "bufio.NewReader", "bufio.NewScanner", "encoding/json.NewDecoder") && f.mentions(call, vars) {
				vars[v] = true
			}
		}
	}
	return out
}

// mayTell reports whether a goroutine may say that it is done, as far as can be seen: what
// it is given a channel, a group or a function for is not known otherwise.
func (f *finder) mayTell(stmt *ast.GoStmt) bool {
	for _, start := range f.chans.Funcs.Starts {
		if start.Go.Node() == stmt {
			return f.tells(start) || slices.ContainsFunc(f.reach(start.Body), func(r reach) bool { return f.answers(r.fn) })
		}
	}
	return !code.IsCall(f.TypesInfo, stmt.Call, "io.Copy", "io.CopyBuffer")
}
