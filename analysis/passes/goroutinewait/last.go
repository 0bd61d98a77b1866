// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// lastWork reports a stop that does not wait for a goroutine that still saves something
// when it hears of the stop: the process may end before.
func (f *finder) lastWork(decl *ast.FuncDecl) {
	var signal *types.Var
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && signal == nil {
			signal = f.signal(call)
		}
		return signal == nil
	})
	if signal == nil {
		return
	}
	heard := func(e ast.Expr) bool { return fieldOf(f.TypesInfo, e) == signal }
	for _, start := range f.chans.Funcs.Starts {
		if f.tells(start.Body) {
			continue
		}
		if save := f.savesAt(start.Body, heard); save != nil {
			f.Reportf(start.Go.Node(), "%s does not wait for this goroutine, which still calls %s then: the process may end before",
				decl.Name.Name, types.ExprString(save.Fun))
			return
		}
	}
}

// tells reports whether a goroutine has a way to say that it is done.
func (f *finder) tells(body inspector.Cursor) bool {
	for cur := range body.Preorder((*ast.CallExpr)(nil), (*ast.SendStmt)(nil)) {
		call, ok := cur.Node().(*ast.CallExpr)
		if !ok || code.IsBuiltin(f.TypesInfo, call, "close") {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Done" && !code.IsCall(f.TypesInfo, call, "(context.Context).Done") || strings.HasPrefix(sel.Sel.Name, "Unlock")) {
			return true
		}
	}
	return false
}

// savesAt returns the call by which a goroutine saves something in the case of a select
// in its loop that receives what it hears of the stop by.
func (f *finder) savesAt(body inspector.Cursor, heard func(ast.Expr) bool) (save *ast.CallExpr) {
	for cur := range body.Preorder((*ast.CommClause)(nil)) {
		clause := cur.Node().(*ast.CommClause)
		stmt, ok := clause.Comm.(*ast.ExprStmt)
		if !ok || !looped(cur, body) {
			continue
		}
		u, ok := stmt.X.(*ast.UnaryExpr)
		if !ok || u.Op != token.ARROW || !heard(u.X) {
			continue
		}
		for _, s := range clause.Body {
			ast.Inspect(s, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && save == nil && f.saves(call) {
					save = call
				}
				return save == nil
			})
		}
	}
	return save
}

// saves reports whether a call, by its name, writes what would be lost. A server flushes
// an answer so, too.
func (f *finder) saves(call *ast.CallExpr) bool {
	if strings.HasPrefix(code.Callee(f.TypesInfo, call), "(net/http.") {
		return false
	}
	name := code.CallName(call)
	for _, s := range []string{"flush", "save", "persist", "commit", "writeall", "dump"} {
		if strings.HasPrefix(name, s) {
			return true
		}
	}
	return false
}

// lastValues reports a goroutine that prints or collects what comes from a channel until
// the function that has started it closes that, and returns: nobody waits for the last.
func (f *finder) lastValues(start chans.Start) {
	lit, ok := start.Body.Node().(*ast.FuncLit)
	outer, inFunc := code.Enclosing(start.Go)
	if _, isGo := start.Go.Node().(*ast.GoStmt); !ok || !isGo || !inFunc || len(lit.Body.List) != 1 || f.tells(start.Body) {
		return
	}
	loop, ok := lit.Body.List[0].(*ast.RangeStmt)
	if !ok {
		return
	}
	v, ok := code.ObjectOf(f.TypesInfo, loop.X).(*types.Var)
	if !ok || v.IsField() || !code.ContainsPos(code.Body(outer.Node()), v.Pos()) || !f.prints(loop) {
		return
	}
	for _, u := range f.chans.Of(v).Of(chans.Close) {
		if u.Var == v && u.Func() == outer && endsWith(f.TypesInfo, u.At, outer) {
			f.Reportf(start.Go.Node(), "nobody waits for this goroutine after the close of %s at line %d: the last values may be lost", v.Name(), f.Fset.Position(u.At.Node().Pos()).Line)
			return
		}
	}
}

// prints reports whether a loop writes each value to a stream.
func (f *finder) prints(loop *ast.RangeStmt) (found bool) {
	ast.Inspect(loop.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			name := code.Callee(f.TypesInfo, call)
			found = found || strings.HasPrefix(name, "fmt.Fprint") || strings.HasPrefix(name, "fmt.Print") || name == "(*encoding/json.Encoder).Encode" || name == "(*os.File).Write" || name == "(*os.File).WriteString" || strings.HasPrefix(name, "(*encoding/csv.Writer).Write")
		}
		return !found
	})
	return found
}

// endsWith reports whether a function leaves right after a close: it is deferred, or
// what comes after it waits for nothing.
func endsWith(info *types.Info, at, fn inspector.Cursor) bool {
	stmt := at.Parent().Parent()
	if _, ok := stmt.Node().(*ast.DeferStmt); ok {
		return true
	}
	if stmt.ParentEdgeKind() != edge.BlockStmt_List || stmt.Parent().Node() != code.Body(fn.Node()) {
		return false
	}
	for next, ok := stmt.NextSibling(); ok; next, ok = next.NextSibling() {
		if waits(info, next) {
			return false
		}
	}
	return true
}
