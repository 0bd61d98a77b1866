// SPDX-License-Identifier: Apache-2.0

package sendclosed

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// orphans reports a send by one goroutine on a channel that another one closes as soon as it
// is told to stop, although it waits for nobody: that of a connection, say, and the one that
// has the listener. A select with the stop does not help: both of its cases are ready then.
func (f *finder) orphans(g *chans.Group, fn inspector.Cursor, c, s *chans.Use) {
	closer, ok := f.start(fn)
	if !ok || len(g.Of(chans.Make)) != 1 || len(g.Of(chans.Close)) != 1 && code.Declaration(c.At) != code.Declaration(s.At) || g.Has(chans.Origin) || !f.kept(g) || code.InLoop(closer.Go) && !c.Var.IsField() {
		return
	}
	if waits(fn) || recovers(s.Func()) || locks(s.Func()) || s.Func() == fn {
		return
	}
	sender, ok := f.runner(s.Func(), fn, 3)
	if !ok || sender.Body == fn || sender.Body.Contains(closer.Go) || locks(sender.Body) || recovers(sender.Body) || !f.toldOnly(fn, sender) {
		return
	}
	f.Reportf(s.At.Parent().Node(), "send on %s, which the goroutine of line %d closes when it is told to stop, without waiting for this one: then it may panic",
		name(s), f.Fset.Position(closer.Go.Node().Pos()).Line)
}

// kept reports whether a channel is given away only to be received from, by a return.
func (f *finder) kept(g *chans.Group) bool {
	return !slices.ContainsFunc(g.Of(chans.Escape), func(u *chans.Use) bool {
		if u.At.ParentEdgeKind() != edge.ReturnStmt_Results {
			return true
		}
		_, i := u.At.ParentEdge()
		typ := code.FuncType(u.Func().Node())
		if typ == nil || typ.Results.NumFields() != len(typ.Results.List) || i >= len(typ.Results.List) {
			return true
		}
		ch, ok := f.TypesInfo.TypeOf(typ.Results.List[i].Type).Underlying().(*types.Chan)
		return !ok || ch.Dir() != types.RecvOnly
	})
}

// runner returns the goroutine, other than the one of a function, that runs another function,
// itself or through those that call it.
func (f *finder) runner(fn, other inspector.Cursor, depth int) (chans.Start, bool) {
	for _, s := range f.chans.Funcs.StartsOf(fn) {
		return s, s.Body != other
	}
	for _, call := range f.chans.Funcs.Calls(fn) {
		if up := code.Function(call); depth > 0 && up.Valid() && up != other && !locks(up) && !recovers(up) {
			if s, ok := f.runner(up, other, depth-1); ok {
				return s, true
			}
		}
	}
	return chans.Start{}, false
}

// toldOnly reports whether all that a function waits for is the end of a context, or a channel
// that is closed to stop it, and whether it does so.
func (f *finder) toldOnly(fn inspector.Cursor, sender chans.Start) (told bool) {
	for cur := range fn.Preorder((*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil), (*ast.CallExpr)(nil)) {
		in := code.Function(cur)
		if in != fn && (in.ParentEdgeKind() != edge.CallExpr_Fun || in.Parent().ParentEdgeKind() != edge.DeferStmt_Call) {
			continue
		}
		switch n := cur.Node().(type) {
		case *ast.RangeStmt:
			if code.IsChan(f.TypesInfo.TypeOf(n.X)) {
				return false
			}
		case *ast.CallExpr:
			if callee := f.chans.Funcs.Callee(n); callee.Valid() && callee != in && cur.ParentEdgeKind() != edge.GoStmt_Call && (waits(callee) || receivesAny(callee)) {
				return false
			}
		case *ast.UnaryExpr:
			if n.Op != token.ARROW {
				continue
			}
			if !f.isStop(n.X, sender) {
				return false
			}
			told = true
		}
	}
	return told
}

// isStop reports whether a channel is that of a context's end, or one that is only closed, by
// what is no goroutine, to tell others to stop.
func (f *finder) isStop(e ast.Expr, sender chans.Start) bool {
	if code.IsCall(f.TypesInfo, ast.Unparen(e), "(context.Context).Done") {
		return true
	}
	v, _ := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	g := f.chans.Of(v)
	if g == nil || !g.Has(chans.Close) || g.Has(chans.Send, chans.Escape) {
		return false
	}
	return !slices.ContainsFunc(g.Of(chans.Close), func(u *chans.Use) bool {
		return len(f.chans.Funcs.StartsOf(u.Func())) > 0 || sender.Body.Contains(u.At)
	})
}
