// SPDX-License-Identifier: Apache-2.0

package cancelledctx

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// afterDone returns what runs when "<-ctx.Done()" has returned: the statements behind
// it, those of its case, and what the function defers if it ends then.
func (c *checker) afterDone(recv inspector.Cursor, ctx key) []end {
	var out []end
	stmt := recv.Parent()
	switch stmt.Node().(type) {
	case *ast.ExprStmt, *ast.AssignStmt:
	default:
		return nil
	}
	at := recv.Node()
	clause, ok := stmt.Parent().Node().(*ast.CommClause)
	if !ok || clause.Comm != stmt.Node() {
		out = append(out, end{ctx, at, nodes(server.After(recv))})
		return append(out, c.deferred(recv, ctx))
	}
	out = append(out, end{ctx, at, nodes(clause.Body)})
	if code.EndsInReturn(clause.Body) {
		return append(out, c.deferred(recv, ctx))
	}
	choice := stmt.Parent().Parent().Parent()
	sel, ok := choice.Node().(*ast.SelectStmt)
	if !ok || !c.others(sel, clause) && (code.InLoop(choice) || !c.forEnd(sel)) {
		return out
	}
	// The select is over in any case.
	out = append(out, end{ctx, at, nodes(server.After(choice))})
	if !code.InLoop(choice) {
		out = append(out, c.deferred(recv, ctx))
	}
	return out
}

func nodes(list []ast.Stmt) []ast.Node {
	out := make([]ast.Node, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// others reports whether a select without a default goes on after the case of a context:
// it does unless it has another case that just goes on, such as a tick.
func (c *checker) others(sel *ast.SelectStmt, clause *ast.CommClause) bool {
	for _, s := range sel.Body.List {
		other := s.(*ast.CommClause)
		if other.Comm == nil {
			return false
		}
		if other != clause && !code.EndsInReturn(other.Body) && !stopping(c.pass.TypesInfo, other.Comm) {
			return false
		}
	}
	for _, s := range clause.Body {
		if b, ok := s.(*ast.BranchStmt); ok && b.Tok == token.CONTINUE {
			return false
		}
	}
	return true
}

// forEnd reports whether a select without a default waits for the end of the program: one
// of its cases is for a signal, and so each of them is a reason to stop.
func (c *checker) forEnd(sel *ast.SelectStmt) bool {
	signalled := false
	for _, s := range sel.Body.List {
		comm := s.(*ast.CommClause).Comm
		if comm == nil {
			return false
		}
		t := received(c.pass.TypesInfo, comm)
		signalled = signalled || t != nil && code.IsNamed(t, "os.Signal")
	}
	return signalled
}

// stopping reports whether the other case of a select is for an error: the way to stop
// that is not the usual one.
func stopping(info *types.Info, comm ast.Stmt) bool {
	t := received(info, comm)
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// received returns the type of what a case of a select receives, nil if it sends.
func received(info *types.Info, comm ast.Stmt) types.Type {
	var e ast.Expr
	switch comm := comm.(type) {
	case *ast.ExprStmt:
		e = comm.X
	case *ast.AssignStmt:
		e = comm.Rhs[0]
	default:
		return nil
	}
	u, ok := ast.Unparen(e).(*ast.UnaryExpr)
	if !ok || info.TypeOf(u.X) == nil {
		return nil
	}
	ch, ok := info.TypeOf(u.X).Underlying().(*types.Chan)
	if !ok {
		return nil
	}
	return ch.Elem()
}

// deferred returns what the function of a node has deferred before it: a function that
// waits for a context runs it with that context ended.
func (c *checker) deferred(at inspector.Cursor, ctx key) end {
	e := end{ctx: ctx, at: at.Node()}
	fn, ok := code.Enclosing(at)
	if !ok {
		return e
	}
	server.Own(code.Body(fn.Node()), func(n ast.Node) bool {
		if d, ok := n.(*ast.DeferStmt); ok && d.Pos() < at.Node().Pos() {
			e.then = append(e.then, d.Call)
		}
		return true
	})
	return e
}

// afterCall returns what runs when a call has ended a context: the function that
// context.AfterFunc is given, and the statements behind the call of a cancel function.
func (c *checker) afterCall(cur inspector.Cursor, call *ast.CallExpr) []end {
	if code.IsCall(c.pass.TypesInfo, call, "context.AfterFunc") && len(call.Args) == 2 {
		if ctx, ok := keyOf(c.pass.TypesInfo, call.Args[0]); ok {
			return []end{{ctx, call, []ast.Node{call.Args[1]}}}
		}
		return nil
	}
	ctx, ok := c.cancelledBy(call)
	if !ok {
		return nil
	}
	switch parent := cur.Parent().Node().(type) {
	case *ast.ExprStmt:
		return []end{{ctx, call, nodes(server.After(cur))}}
	case *ast.DeferStmt:
		// Deferred after: it runs before what was deferred earlier.
		e := end{ctx: ctx, at: call}
		fn, ok := code.Enclosing(cur)
		if !ok {
			return nil
		}
		for _, s := range code.Body(fn.Node()).List {
			if d, ok := s.(*ast.DeferStmt); ok && d.Pos() < parent.Pos() {
				e.then = append(e.then, d.Call)
			}
		}
		return []end{e}
	}
	return nil
}

// cancelledBy returns the context that a call of a function ends.
func (c *checker) cancelledBy(call *ast.CallExpr) (key, bool) {
	switch fun := call.Fun.(type) {
	case *ast.SelectorExpr:
		field := c.fields[code.ObjectOf(c.pass.TypesInfo, fun)]
		if field == nil {
			return key{}, false
		}
		of, ok := keyOf(c.pass.TypesInfo, fun.X)
		return key{of.object, of.name + "." + field.Name()}, ok
	case *ast.Ident:
		if v := c.contexts.endedBy(c.pass.TypesInfo.Uses[fun], call.Pos()); v != nil {
			return key{v, v.Name()}, true
		}
	}
	return key{}, false
}

// endedBy returns the context that a cancel function ends at a place: the one that it was
// last given for.
func (cs *contexts) endedBy(cancel types.Object, at token.Pos) (ctx types.Object) {
	last := token.NoPos
	for v, origins := range cs.origins {
		for _, o := range origins {
			if cancel != nil && o.cancel == cancel && o.call != nil && o.at < at && o.at > last {
				ctx, last = v, o.at
			}
		}
	}
	return ctx
}
