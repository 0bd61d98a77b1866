// SPDX-License-Identifier: Apache-2.0

package exitgoroutine

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// unstopped reports an exit at a signal in the goroutine of a method of something that is
// started and shut down: the goroutine has what it needs to shut it down, and does not.
func (c *checker) unstopped(g goroutine, exit inspector.Cursor) bool {
	decl := code.Declaration(g.Start)
	if !decl.Valid() || c.asked(g, exit) || !c.atSignal(g, exit) || !c.calling(decl, "os/signal.Notify") {
		return false
	}
	recv := c.receiverOf(decl.Node().(*ast.FuncDecl))
	if recv == nil || !has(recv.Type(), "Start", "Run", "Serve", "ListenAndServe", "Open") {
		return false
	}
	stop := c.stopOf(recv.Type())
	if stop == nil || c.uses(g, recv, exit) {
		return false
	}
	call := exit.Node().(*ast.CallExpr)
	c.Report(analysis.Diagnostic{
		Pos: call.Pos(), End: call.End(),
		Message: fmt.Sprintf("%s at a signal without %s.%s: what is running is cut off, and nothing is cleaned up",
			exits.Name(call), recv.Name(), stop.Name()),
		Related: []analysis.RelatedInformation{{Pos: stop.Pos(), Message: "not called"}},
	})
	return true
}

// receiverOf returns the variable that a method has its object in, nil for functions.
func (c *checker) receiverOf(decl *ast.FuncDecl) *types.Var {
	if decl.Recv == nil || len(decl.Recv.List) != 1 || len(decl.Recv.List[0].Names) != 1 {
		return nil
	}
	v, _ := c.TypesInfo.Defs[decl.Recv.List[0].Names[0]].(*types.Var)
	return v
}

// asked reports whether an exit is in a branch that is about something else than which signal
// came: it may be the second one.
func (c *checker) asked(g goroutine, exit inspector.Cursor) bool {
	for branch := range exit.Enclosing((*ast.IfStmt)(nil)) {
		if !g.Func.Contains(branch) {
			return false
		}
		of := false
		ast.Inspect(branch.Node().(*ast.IfStmt).Cond, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			of = of || ok && c.TypesInfo.TypeOf(e) != nil && code.IsNamed(c.TypesInfo.TypeOf(e), "os.Signal")
			return !of
		})
		if !of {
			return true
		}
	}
	return false
}

// atSignal reports whether a goroutine comes to an exit because it has received a signal from
// a channel: in the body of a loop over it, or behind a receive.
func (c *checker) atSignal(g goroutine, exit inspector.Cursor) bool {
	for loop := range exit.Enclosing((*ast.RangeStmt)(nil)) {
		if g.Func.Contains(loop) && c.ofSignals(loop.Node()) {
			return true
		}
	}
	for cur := range g.Func.Preorder((*ast.UnaryExpr)(nil)) {
		n := cur.Node().(*ast.UnaryExpr)
		if n.Op == token.ARROW && n.End() < exit.Node().Pos() && isSignals(c.TypesInfo.TypeOf(n.X)) && c.know.Reaches(cur, exit) {
			return sameCase(cur, exit)
		}
	}
	return false
}

// sameCase reports whether a receive is not in another case of a select than an exit.
func sameCase(receive, exit inspector.Cursor) bool {
	for clause := range receive.Enclosing((*ast.CommClause)(nil)) {
		return clause.Contains(exit)
	}
	return true
}

func isSignals(t types.Type) bool {
	if t == nil {
		return false
	}
	ch, ok := t.Underlying().(*types.Chan)
	return ok && code.IsNamed(ch.Elem(), "os.Signal")
}

// stopOf returns the method that stops something, if it does more than to return.
func (c *checker) stopOf(t types.Type) *types.Func {
	for _, name := range []string{"Shutdown", "Stop", "Close"} {
		obj, _, _ := types.LookupFieldOrMethod(t, true, c.Pkg, name)
		fn, ok := obj.(*types.Func)
		if !ok || fn.Pkg() != c.Pkg {
			continue
		}
		if decl := c.know.Decl(fn); decl != nil && decl.Body != nil && len(decl.Body.List) > 1 {
			return fn
		}
	}
	return nil
}

func has(t types.Type, names ...string) bool {
	for _, name := range names {
		obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
		if _, ok := obj.(*types.Func); ok {
			return true
		}
	}
	return false
}

// uses reports whether a goroutine does more with something, on the way to an exit, than to
// write to its log: that may be its stop.
func (c *checker) uses(g goroutine, recv *types.Var, exit inspector.Cursor) bool {
	found := false
	for cur := range g.Func.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if own, _ := code.Enclosing(cur); own != g.Func || call.Pos() >= exit.Node().Pos() || !c.know.Reaches(cur, exit) || isArgument(cur) {
			continue
		}
		if _, deferred := cur.Parent().Node().(*ast.DeferStmt); deferred {
			continue // after an exit it does not run
		}
		found = found || !server.Logs(c.TypesInfo, call) && code.Mentions(c.TypesInfo, call, recv)
	}
	return found
}

// isArgument reports whether a call is a part of another one that is looked at.
func isArgument(cur inspector.Cursor) bool {
	call, ok := cur.Parent().Node().(*ast.CallExpr)
	return ok && call.Fun != cur.Node()
}
