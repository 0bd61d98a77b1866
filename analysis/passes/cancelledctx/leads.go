// SPDX-License-Identifier: Apache-2.0

package cancelledctx

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// leadDepth is how deep functions of the package are looked into for what they ask with a
// context that has ended.
const leadDepth = 2

// leads reports whether a call is of a function of the package that asks another process for
// something with the context of an end: one that it is given, or a field of its receiver.
func (c *checker) leads(call *ast.CallExpr, e end) bool {
	return c.leadsBy(c.contexts, call, e, leadDepth)
}

// leadsBy is leads for a call in a function whose contexts are known.
func (c *checker) leadsBy(contexts contexts, call *ast.CallExpr, e end, depth int) bool {
	fn := typeutil.StaticCallee(c.pass.TypesInfo, call)
	if fn == nil || fn.Pkg() != c.pass.Pkg || depth == 0 {
		return false
	}
	k, ok := c.inside(contexts, call, fn.Origin().Signature(), e)
	if !ok {
		return false
	}
	decl := c.declaration(fn.Origin())
	return decl != nil && decl != c.decl && !c.looks(decl, k) && c.asksInside(decl, k, depth)
}

// declaration returns where the package declares a function.
func (c *checker) declaration(fn *types.Func) *ast.FuncDecl {
	for n := range c.pass.Inspect.PreorderSeq((*ast.FuncDecl)(nil)) {
		if decl := n.(*ast.FuncDecl); decl.Body != nil && c.pass.TypesInfo.Defs[decl.Name] == fn {
			return decl
		}
	}
	return nil
}

// inside returns what the context of an end is called in a function: the parameter that it is
// given for, or the same field of its receiver.
func (c *checker) inside(contexts contexts, call *ast.CallExpr, sig *types.Signature, e end) (key, bool) {
	for i, arg := range call.Args {
		if i >= sig.Params().Len() || !isContext(c.pass.TypesInfo.TypeOf(arg)) {
			continue
		}
		if _, ended := contexts.ended(arg, e); ended {
			return key{sig.Params().At(i), sig.Params().At(i).Name()}, true
		}
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sig.Recv() == nil {
		return key{}, false
	}
	of, ok := keyOf(c.pass.TypesInfo, sel.X)
	if !ok || of.object != e.ctx.object || len(e.ctx.name) <= len(of.name) || e.ctx.name[:len(of.name)+1] != of.name+"." {
		return key{}, false
	}
	return key{sig.Recv(), sig.Recv().Name() + e.ctx.name[len(of.name):]}, true
}

// looks reports whether a function looks whether a context has ended, or waits for that.
func (c *checker) looks(decl *ast.FuncDecl, k key) (found bool) {
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Done" || sel.Sel.Name == "Err") {
			of, ok := keyOf(c.pass.TypesInfo, sel.X)
			found = found || ok && of == k
		}
		return !found
	})
	return found
}

// asksInside reports whether a function asks for something with a context that has ended
// before it is called.
func (c *checker) asksInside(decl *ast.FuncDecl, ctx key, depth int) (found bool) {
	contexts := contextsOf(c.pass.TypesInfo, decl)
	entry := end{ctx: ctx, at: decl.Type}
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found {
			return !found
		}
		if c.asks(call) {
			_, found = contexts.ended(call.Args[0], entry)
		}
		found = found || c.leadsBy(contexts, call, entry, depth-1)
		return !found
	})
	return found
}

// bySignal returns what an assignment of a context that signals end says of its function: what
// it defers behind it runs when a signal has come, and so does the stop of a server.
func (c *checker) bySignal(a *ast.AssignStmt) []end {
	if len(a.Rhs) != 1 || !code.IsCall(c.pass.TypesInfo, ast.Unparen(a.Rhs[0]), "os/signal.NotifyContext") {
		return nil
	}
	ctx, ok := keyOf(c.pass.TypesInfo, a.Lhs[0])
	if !ok {
		return nil
	}
	e := end{ctx: ctx, at: a}
	ast.Inspect(c.decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt:
			if n.Pos() > a.End() && !hangsUp(n.Call) {
				e.then = append(e.then, n.Call)
			}
		case *ast.CallExpr:
			if c.stops[n] && n.Pos() > a.End() {
				e.then = append(e.then, n)
			}
		}
		return true
	})
	return []end{e}
}

// hangsUp reports whether a call closes a connection: at the end of a program nothing is lost
// if it does not say good-bye.
func hangsUp(call *ast.CallExpr) bool {
	name := code.CallName(call)
	return name == "close" || name == "disconnect"
}
