// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"cmp"
	"go/ast"
	"go/types"
	"maps"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// dropped says that who calls a method of an interface receives from the channel that it
// returns, and leaves the rest to nobody at an error.
type dropped struct{ Result int }

// AFact makes it a fact.
func (*dropped) AFact() {}

// String describes it, as tests of facts have it.
func (*dropped) String() string { return "its callers leave the channel at an error" }

// drops notes the methods of the interfaces of the package that a function calls, and leaves
// the channel of.
func (r *receivers) drops() {
	for cur := range r.root().Preorder((*ast.CallExpr)(nil)) {
		fn, i := r.streams(cur.Node().(*ast.CallExpr))
		if fn == nil || cur.ParentEdgeKind() != edge.AssignStmt_Rhs || code.IsTest(r.pass.Fset, cur.Node().Pos()) {
			continue
		}
		s := cur.Parent().Node().(*ast.AssignStmt)
		if len(s.Rhs) != 1 || i >= len(s.Lhs) || !r.leftEarly(code.Function(cur), code.ObjectOf(r.pass.TypesInfo, s.Lhs[i])) {
			continue
		}
		r.dropped[fn] = i
		if fn.Exported() {
			r.pass.ExportObjectFact(fn, &dropped{i})
		}
	}
}

// streams returns the method of an interface of the package that is called, if it returns a
// channel, and which of the results that is.
func (r *receivers) streams(call *ast.CallExpr) (*types.Func, int) {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil, 0
	}
	fn, ok := r.pass.TypesInfo.Uses[sel.Sel].(*types.Func)
	if !ok || fn.Pkg() != r.pass.Pkg || fn.Signature().Recv() == nil || !types.IsInterface(fn.Signature().Recv().Type()) {
		return nil, 0
	}
	results := fn.Signature().Results()
	for i := range results.Len() {
		if mayReceive(results.At(i).Type()) {
			return fn, i
		}
	}
	return nil, 0
}

// leftEarly reports whether all that a function does with a channel is to receive from it in
// loops that it leaves at an error of its own.
func (r *receivers) leftEarly(fn inspector.Cursor, v types.Object) bool {
	if v == nil || !fn.Valid() {
		return false
	}
	found := false
	for cur := range fn.Preorder((*ast.Ident)(nil)) {
		if code.ObjectOf(r.pass.TypesInfo, cur.Node().(*ast.Ident)) != v || isLen(r.pass.TypesInfo, cur) {
			continue
		}
		switch cur.ParentEdgeKind() {
		case edge.AssignStmt_Lhs, edge.ValueSpec_Names, edge.BinaryExpr_X, edge.BinaryExpr_Y:
		case edge.RangeStmt_X:
			if earlyReturn(r.pass.TypesInfo, cur.Parent(), true) == nil {
				return false
			}
			found = true
		default:
			return false
		}
	}
	return found
}

// handed reports the sends of goroutines on a channel that a method returns which others call
// by an interface, and whose callers leave it at an error.
func (l *leavers) handed(known *receivers) {
	if len(known.dropped) == 0 {
		return
	}
	methods := slices.SortedFunc(maps.Keys(known.dropped), func(a, b *types.Func) int { return cmp.Compare(a.FullName(), b.FullName()) })
	for cur := range l.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		for _, m := range methods {
			if !l.implements(cur.Node().(*ast.FuncDecl), m) {
				continue
			}
			for _, v := range l.results(cur, known.dropped[m], 3) {
				l.handedOn(l.chans.Of(v), m)
			}
		}
	}
}

// implements reports whether a declaration is that of a method of an interface, for a type that
// has all of them.
func (l *leavers) implements(decl *ast.FuncDecl, m *types.Func) bool {
	if decl.Recv == nil || decl.Body == nil || decl.Name.Name != m.Name() || code.IsTest(l.Fset, decl.Pos()) {
		return false
	}
	i, ok := m.Signature().Recv().Type().Underlying().(*types.Interface)
	t := l.TypesInfo.TypeOf(decl.Recv.List[0].Type)
	return ok && t != nil && (types.Implements(t, i) || types.Implements(types.NewPointer(t), i))
}

// results returns the local variables with the channels that a function returns as its i-th
// result, itself or by a function of the package that it calls.
func (l *leavers) results(fn inspector.Cursor, i, depth int) (out []*types.Var) {
	if !fn.Valid() || depth == 0 {
		return nil
	}
	for ret := range fn.Preorder((*ast.ReturnStmt)(nil)) {
		list := ret.Node().(*ast.ReturnStmt).Results
		if code.Function(ret) != fn || len(list) == 0 || len(list) > 1 && i >= len(list) {
			continue
		}
		result, of := list[0], i
		if len(list) > 1 {
			result, of = list[i], 0
		}
		switch e := ast.Unparen(result).(type) {
		case *ast.CallExpr:
			out = append(out, l.results(l.chans.Funcs.Callee(e), of, depth-1)...)
		case *ast.Ident:
			if v, ok := l.TypesInfo.Uses[e].(*types.Var); ok && l.chans.Of(v) != nil && !v.IsField() && !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// handedOn reports the sends of goroutines on a channel that may come after its receiver has
// left: not the first of all, nor those that it has room for.
func (l *leavers) handedOn(g *chans.Group, m *types.Func) {
	if len(g.Of(chans.Make)) != 1 || g.Has(chans.Receive) || !l.bounded(g) {
		return
	}
	for _, send := range g.Of(chans.Send) {
		if inSelect(send) || code.IsTest(l.Fset, send.At.Node().Pos()) || !l.aside(send.At) || !l.forwards(send) && !(g.Unbuffered(l.TypesInfo) && l.follows(g, send)) {
			continue
		}
		l.Reportf(send.At.Parent().Node(), "the caller of %s.%s, in package %s, leaves %s at an error: then this send waits for ever",
			types.TypeString(m.Signature().Recv().Type(), func(*types.Package) string { return "" }), m.Name(), m.Pkg().Name(), types.ExprString(send.At.Node().(ast.Expr)))
	}
}

// follows reports whether another send comes before one, or may: that of a function which is
// called back comes after others of its own.
func (l *leavers) follows(g *chans.Group, send *chans.Use) bool {
	fn := send.Func()
	graph := flow.Of(l.TypesInfo, code.Body(fn.Node()))
	if !inGoroutine(l.chans, fn) || graph == nil {
		return true
	}
	at := graph.At(send.At.Node().Pos())
	return slices.ContainsFunc(g.Of(chans.Send), func(u *chans.Use) bool {
		if u == send || u.Func() != fn {
			return false
		}
		from := graph.At(u.At.Node().Pos())
		return from != nil && graph.Find(from, func(*flow.Step) bool { return false }, func(s *flow.Step) bool { return s == at }) != nil
	})
}

// aside reports whether a place runs in a goroutine, be it in a function that is called back
// there.
func (l *leavers) aside(at inspector.Cursor) bool {
	for fn := range at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if l.inWorker(fn) {
			return true
		}
	}
	return false
}
