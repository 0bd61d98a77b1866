// SPDX-License-Identifier: Apache-2.0

package doubleclose

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// paths looks at methods that close a channel of their object whenever they are called,
// and that two call: a goroutine of the object when it fails, and who stops the object.
// The stop makes the goroutine fail, or comes after it has.
func (c *closer) paths() {
	for _, fn := range flow.InOrder(c.always) {
		decl, ok := fn.Node().(*ast.FuncDecl)
		if !ok || decl.Recv == nil || len(decl.Recv.List[0].Names) == 0 || code.IsTest(c.Fset, decl.Pos()) {
			continue
		}
		for _, cl := range c.always[fn] {
			if cl.guarded || cl.field == nil || !cl.field.IsField() || cl.place.Root != c.TypesInfo.Defs[decl.Recv.List[0].Names[0]] || len(c.chans.Of(cl.field).Of(chans.Make)) > 1 {
				continue
			}
			if call := c.failing(fn); call.Valid() {
				c.Reportf(cl.call.Node(), "%s is closed again: line %d calls %s when it fails, and so does who stops the object, and the second close panics",
					cl.text, c.Fset.Position(call.Node().Pos()).Line, decl.Name.Name)
			}
		}
	}
}

// failing returns the call of a method by a goroutine of the object, where there is an
// error, or by one of its methods that is not meant to stop it, if others call it as well.
func (c *closer) failing(fn inspector.Cursor) (late inspector.Cursor) {
	var by, other inspector.Cursor
	for _, call := range c.chans.Funcs.Calls(fn) {
		if code.IsTest(c.Fset, call.Node().Pos()) {
			continue
		}
		f := code.Function(call)
		if (c.runs(f) || c.blocks(f, call)) && c.own(call, f) && (c.onError(call, f) || c.isDeferred(call, f)) {
			if !late.Valid() {
				late, by = call, f
			}
			if f == by {
				continue
			}
		}
		other = call
	}
	decl := fn.Node().(*ast.FuncDecl)
	if !late.Valid() || !other.Valid() && !(c.offered(decl) && stops(decl.Name.Name) && c.onError(late, by)) {
		return inspector.Cursor{}
	}
	return late
}

// runs reports whether a function is that of a goroutine.
func (c *closer) runs(f inspector.Cursor) bool {
	for _, s := range c.chans.Funcs.Starts {
		if s.Body == f {
			return true
		}
	}
	return false
}

// blocks reports whether a method waits for something before a call: it runs the object.
func (c *closer) blocks(f, call inspector.Cursor) bool {
	decl, ok := f.Node().(*ast.FuncDecl)
	if !ok || decl.Recv == nil || stops(decl.Name.Name) {
		return false
	}
	for cur := range f.Preorder((*ast.CallExpr)(nil)) {
		if cur.Node().Pos() >= call.Node().Pos() {
			break
		}
		if sel, ok := cur.Node().(*ast.CallExpr).Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Wait" && code.Function(cur) == f {
			return true
		}
	}
	return false
}

// own reports whether a call is of a method of the receiver of the function around it, or
// of a variable that a goroutine's literal has from around it.
func (c *closer) own(call, f inspector.Cursor) bool {
	sel, ok := ast.Unparen(call.Node().(*ast.CallExpr).Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	root, ok := flow.PlaceOf(c.TypesInfo, sel.X)
	if !ok || root.Fields != "" {
		return false
	}
	if decl, ok := f.Node().(*ast.FuncDecl); ok {
		return decl.Recv != nil && len(decl.Recv.List[0].Names) > 0 && c.TypesInfo.Defs[decl.Recv.List[0].Names[0]] == root.Root
	}
	return root.Root != nil && !within(f.Node(), root.Root)
}

// onError reports whether a call is under the condition that there is an error, and under
// no other.
func (c *closer) onError(call, f inspector.Cursor) bool {
	found := false
	child := call
	for up := range call.Enclosing((*ast.IfStmt)(nil), (*ast.SwitchStmt)(nil), (*ast.TypeSwitchStmt)(nil), (*ast.CommClause)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if up == f {
			break
		}
		cond, ok := up.Node().(*ast.IfStmt)
		if !ok || !code.Contains(cond.Body, child.Node()) || !c.isError(cond.Cond) {
			return false
		}
		found, child = true, up
	}
	return found
}

// isError reports whether a condition is that there is an error, perhaps not a certain one.
func (c *closer) isError(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		if e.Op == token.LAND {
			return c.isError(e.X) && c.isError(e.Y)
		}
		t := c.TypesInfo.TypeOf(e.X)
		return e.Op == token.NEQ && t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
	case *ast.UnaryExpr:
		call, ok := e.X.(*ast.CallExpr)
		return ok && e.Op == token.NOT && code.IsCall(c.TypesInfo, call, "errors.Is", "errors.As")
	}
	return false
}

// isDeferred reports whether a function defers a call in any case.
func (c *closer) isDeferred(call, f inspector.Cursor) bool {
	return call.ParentEdgeKind() == edge.DeferStmt_Call && call.Parent().Parent().Node() == code.Body(f.Node())
}

// offered reports whether other packages may call a method.
func (c *closer) offered(decl *ast.FuncDecl) bool {
	if !decl.Name.IsExported() || code.IsMain(c.Pass.Pass) {
		return false
	}
	t := c.TypesInfo.TypeOf(decl.Recv.List[0].Type)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Exported()
}

func stops(name string) bool {
	switch name {
	case "Close", "Stop", "Shutdown", "Shut", "close", "stop", "shutdown":
		return true
	}
	return false
}

// late reports a close in the case of a select for when another one has not closed the
// channel in time: that one still will.
func (c *closer) late(u *chans.Use, cl *closing, g *chans.Group) bool {
	for clause := range cl.call.Enclosing((*ast.CommClause)(nil), (*ast.FuncLit)(nil)) {
		own, ok := clause.Node().(*ast.CommClause)
		if !ok || own.Comm == nil {
			return false
		}
		waits := false
		for _, s := range clause.Parent().Node().(*ast.BlockStmt).List {
			if other := s.(*ast.CommClause); other != own && receives(c.TypesInfo, other.Comm, cl.place) {
				waits = true
			}
		}
		if !waits || receives(c.TypesInfo, own.Comm, cl.place) {
			return false
		}
		for _, other := range g.Of(chans.Close) {
			if other.Func() != u.Func() && other.Var == u.Var && !code.IsTest(c.Fset, other.At.Node().Pos()) {
				c.Reportf(cl.call.Node(), "%s is closed here when line %d is late, which closes it then: the second close panics", cl.text, c.Fset.Position(other.At.Node().Pos()).Line)
				return true
			}
		}
		return false
	}
	return false
}
