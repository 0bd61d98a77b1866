// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// leavers looks for channels whose receivers all wait for a stop or a time limit as well,
// wherever in the package they are: a send that waits for nothing else then waits for ever.
type leavers struct {
	*check.Pass
	chans  *chans.Info
	graphs map[inspector.Cursor]*flow.Graph
}

func (l *leavers) check(g *chans.Group) {
	if !g.Has(chans.Send) || g.Has(chans.Origin) || !g.Unbuffered(l.TypesInfo) || !l.kept(g) && !l.own(g) {
		return
	}
	receives, ok := l.receives(g)
	if !ok || len(receives) == 0 || slices.ContainsFunc(receives, func(u *chans.Use) bool { return code.IsTest(l.Fset, u.At.Node().Pos()) }) {
		return
	}
	for _, send := range g.Of(chans.Send) {
		if inSelect(send) || code.IsTest(l.Fset, send.At.Node().Pos()) || otherThanClosed(send) {
			continue
		}
		left, loop := l.left(receives, send)
		if left == nil || !l.strands(send, left, receives, loop) && !(l.own(g) && l.timesOut(left) && l.late(send, receives[0].Func())) {
			continue
		}
		l.Reportf(send.At.Parent().Node(), "%s has no buffer, and its receiver leaves at line %d: a send after that waits for ever",
			types.ExprString(send.At.Node().(ast.Expr)), l.Fset.Position(left.Pos()).Line)
	}
}

// kept reports whether only this package has a channel: no exported name holds it, and it
// escapes by return only.
func (l *leavers) kept(g *chans.Group) bool {
	for _, u := range g.Of(chans.Escape) {
		if u.At.ParentEdgeKind() != edge.ReturnStmt_Results {
			return false
		}
	}
	for _, v := range g.Vars {
		if v.Pkg() != l.Pkg || l.Pkg.Name() != "main" && v.Exported() && (v.IsField() || v.Parent() == l.Pkg.Scope()) {
			return false
		}
	}
	return true
}

// receives returns the receives from a channel, with those from what a function returns
// it to. It is not ok if some are not known.
func (l *leavers) receives(g *chans.Group) ([]*chans.Use, bool) {
	out := g.Of(chans.Receive)
	for _, u := range g.Of(chans.Escape) {
		fn := u.Func()
		decl, isDecl := fn.Node().(*ast.FuncDecl)
		if !isDecl || decl.Name.IsExported() && (l.Pkg.Name() != "main" || decl.Recv != nil) && l.seen(decl) {
			return nil, false
		}
		_, i := u.At.ParentEdge()
		for _, call := range l.chans.Funcs.Calls(fn) {
			p := pipe{l.Pass, l.chans}
			to := l.chans.Of(p.result(call, i))
			if to == nil && call.ParentEdgeKind() == edge.UnaryExpr_X {
				out = append(out, &chans.Use{Kind: chans.Receive, At: call})
				continue
			}
			if to == nil || to.Has(chans.Escape) {
				return nil, false
			}
			out = append(out, to.Of(chans.Receive)...)
		}
	}
	return out, true
}

// seen reports whether other packages may call a function or method.
func (l *leavers) seen(decl *ast.FuncDecl) bool {
	if decl.Recv == nil {
		return true
	}
	t := l.TypesInfo.TypeOf(decl.Recv.List[0].Type)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return !ok || n.Obj().Exported()
}

// left returns where a receiver leaves, if each of them may, and whether they are in
// loops. What the sender itself says does not count.
func (l *leavers) left(receives []*chans.Use, send *chans.Use) (left *ast.CommClause, loop bool) {
	loop = true
	for _, u := range receives {
		if u.Func() == send.Func() {
			return nil, false
		}
		clause := commOf(u)
		if !clause.Valid() {
			return nil, false
		}
		own := l.leavingCase(u, clause, send, receives)
		if own == nil {
			return nil, false
		}
		left, loop = own, loop && loopOf(u.At) != nil
	}
	return left, loop
}

// leavingCase returns the case beside a receive in which its function leaves: best, one
// that is not about the object itself. A look at the channel in passing has a default.
func (l *leavers) leavingCase(u *chans.Use, clause inspector.Cursor, send *chans.Use, receives []*chans.Use) (own *ast.CommClause) {
	cases := clause.Parent().Node().(*ast.BlockStmt)
	for _, s := range cases.List {
		c := s.(*ast.CommClause)
		switch {
		case c == clause.Node() || own != nil && l.timesOut(own):
		case c.Comm == nil:
			if loopOf(u.At) == nil && len(receives) == 1 && l.looksOnce(u.Func()) {
				return c
			}
		case l.stops(c, send) && l.ends(u, cases, c, receives):
			own = c
		}
	}
	return own
}

// looksOnce reports whether a function is called, but in no loop, as far as can be seen.
func (l *leavers) looksOnce(fn inspector.Cursor) bool {
	decl, ok := fn.Node().(*ast.FuncDecl)
	calls := l.chans.Funcs.Calls(fn)
	return ok && !decl.Name.IsExported() && len(calls) > 0 && !slices.ContainsFunc(calls, func(c inspector.Cursor) bool { return code.InLoop(c) })
}

// stops reports whether a case waits for the end of a context, a time limit, or a channel
// that tells to stop, which the sender does not.
func (l *leavers) stops(c *ast.CommClause, send *chans.Use) bool {
	if c.Comm == nil {
		return false
	}
	var e ast.Expr
	switch s := c.Comm.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		e = s.Rhs[0]
	}
	u, ok := ast.Unparen(e).(*ast.UnaryExpr)
	if !ok || u.Op != token.ARROW {
		return false
	}
	switch x := ast.Unparen(u.X).(type) {
	case *ast.CallExpr:
		if code.IsCall(l.TypesInfo, x, "(context.Context).Done", "time.After") {
			return true
		}
		return code.CallName(x) == "done"
	case *ast.SelectorExpr:
		if x.Sel.Name == "C" && code.IsNamed(l.TypesInfo.TypeOf(x.X), "time.Timer") {
			return true
		}
	}
	v, _ := code.ObjectOf(l.TypesInfo, u.X).(*types.Var)
	if v == nil || !l.isWord(v) {
		return false
	}
	said := func(u *chans.Use) bool {
		return (u.Kind == chans.Close || u.Kind == chans.Send) && (u.Func() == send.Func() || send.Func().Contains(u.At))
	}
	g := l.chans.Of(v)
	return g == nil || !slices.ContainsFunc(g.Uses, said)
}

// isWord reports whether a channel is one that is closed, or that carries nothing but the
// word to stop.
func (l *leavers) isWord(v *types.Var) bool {
	ch, ok := v.Type().Underlying().(*types.Chan)
	if !ok {
		return false
	}
	if code.IsNamed(ch.Elem(), "time.Time") {
		return false
	}
	if g := l.chans.Of(v); g != nil && g.Has(chans.Close) && !g.Has(chans.Send) {
		return true
	}
	return code.IsEmptyStruct(ch.Elem()) && speaksOfEnd(v.Name())
}

// speaksOfEnd reports whether a name is that of a channel which tells to stop.
func speaksOfEnd(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"stop", "quit", "done", "clos", "exit", "shut", "cancel", "die", "dying", "kill", "term"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// ends reports whether the function of a receive ends after another case of its select,
// without a receive, and without coming to the select again.
func (l *leavers) ends(u *chans.Use, cases *ast.BlockStmt, c *ast.CommClause, receives []*chans.Use) bool {
	fn := u.Func()
	g, ok := l.graphs[fn]
	if !ok {
		g = flow.Of(l.TypesInfo, code.Body(fn.Node()))
		l.graphs[fn] = g
	}
	if g == nil {
		return false
	}
	stop := func(s *flow.Step) bool {
		if s.Node == nil {
			return false
		}
		if sel, ok := s.Node.(*ast.SelectStmt); ok {
			return sel.Body == cases
		}
		return slices.ContainsFunc(receives, func(u *chans.Use) bool {
			at := u.At.Node()
			if loop, ok := s.Node.(*ast.RangeStmt); ok {
				return ast.Unparen(loop.X) == at
			}
			return u.Func() == fn && s.Node.Pos() <= at.Pos() && at.End() <= s.Node.End()
		})
	}
	return g.FindFrom(g.At(c.Comm.Pos()), stop, func(s *flow.Step) bool { return s == g.Exit }) != nil
}

// strands reports whether a send may come after its receiver has left, and to some harm:
// one in a goroutine, or in a method, if the receiver is a goroutine of the object that
// leaves by what is not the object's: its own stop is for when nobody sends any more.
func (l *leavers) strands(send *chans.Use, left *ast.CommClause, receives []*chans.Use, loop bool) bool {
	goroutine := func(f inspector.Cursor) bool { return inGoroutine(l.chans, f) }
	li := &listener{pass: l.Pass, chans: l.chans}
	f := send.Func()
	if goroutine(f) || li.calledFrom(f, goroutine) {
		return true
	}
	if !loop || code.IsMain(l.Pass.Pass) || !l.timesOut(left) || !l.started(receives) || l.asks(send) {
		return false
	}
	decl, ok := f.Node().(*ast.FuncDecl)
	return ok && decl.Recv != nil && !li.calledFrom(f, func(c inspector.Cursor) bool {
		return slices.ContainsFunc(receives, func(u *chans.Use) bool { return u.Func() == c })
	})
}

// started reports whether the receivers run as goroutines, or for who calls them to wait.
func (l *leavers) started(receives []*chans.Use) bool {
	return !slices.ContainsFunc(receives, func(u *chans.Use) bool {
		f := u.Func()
		if inGoroutine(l.chans, f) || l.runElsewhere(f) || l.offered(f) {
			return false
		}
		return !slices.ContainsFunc(l.chans.Funcs.Calls(f), func(c inspector.Cursor) bool { return inGoroutine(l.chans, code.Function(c)) })
	})
}

// asks reports whether a function looks, before a send, whether it may: by a return
// under a condition about a flag, or about a context. What it is called with says nothing
// of the receiver.
func (l *leavers) asks(send *chans.Use) bool {
	for cur := range send.Func().Preorder((*ast.IfStmt)(nil), (*ast.SelectStmt)(nil)) {
		if cur.Node().Pos() > send.At.Node().Pos() {
			break
		}
		cond, ok := cur.Node().(*ast.IfStmt)
		if !ok || (code.Contains(cond.Body, send.At.Node()) || code.EndsInReturn(cond.Body.List)) && !l.aboutArguments(send.Func(), cond) {
			return true
		}
	}
	return false
}

// aboutArguments reports whether a condition compares what is in the parameters of a function,
// and nothing else.
func (l *leavers) aboutArguments(fn inspector.Cursor, cond *ast.IfStmt) bool {
	params := code.FuncType(fn.Node()).Params
	found := false
	only := cond.Init == nil
	ast.Inspect(cond.Cond, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			only = false
		case *ast.Ident:
			v, ok := l.TypesInfo.Uses[n].(*types.Var)
			switch {
			case !ok || v.IsField():
			case code.ContainsPos(params, v.Pos()) && !code.IsNamed(v.Type(), "context.Context"):
				found = true
			default:
				only = false
			}
		}
		return only
	})
	return found && only
}
