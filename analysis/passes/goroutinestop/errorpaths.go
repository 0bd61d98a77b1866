// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// errorPaths reports what has a goroutine until it is stopped, where a function that is run
// for each connection or request makes it, and forgets it when it returns an error.
func (f *finder) errorPaths() {
	for cur := range f.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		if decl.Body == nil || code.IsTest(f.Fset, decl.Pos()) || !f.failing(decl) || !f.forPeer(decl) {
			continue
		}
		for c := range cur.Preorder((*ast.CallExpr)(nil)) {
			call := c.Node().(*ast.CallExpr)
			fn := typeutil.StaticCallee(f.TypesInfo, call)
			if fn == nil || f.owners.stop[fn.Origin()] == "" || code.Function(c) != cur {
				continue
			}
			holder := f.holder(c)
			if holder == nil || f.tidied(cur, holder) {
				continue
			}
			if ret := f.forgottenAt(cur, c, holder); ret != nil {
				var at ast.Node = call
				if start := f.owners.starts[fn.Origin()]; start != nil {
					at = start
				}
				f.Reportf(at, "the goroutine that %s starts cannot be stopped any more when %s returns the error at line %d: nothing calls %s before",
					fn.Name(), decl.Name.Name, f.line(ret), f.owners.stop[fn.Origin()])
			}
		}
	}
}

// failing reports whether the last result of a function is an error.
func (f *finder) failing(decl *ast.FuncDecl) bool {
	if decl.Type.Results.NumFields() < 2 {
		return false
	}
	last := decl.Type.Results.List[len(decl.Type.Results.List)-1]
	return types.Identical(f.TypesInfo.TypeOf(last.Type), types.Universe.Lookup("error").Type())
}

// forPeer reports whether a function has a connection, its two directions, or a request as a
// parameter.
func (f *finder) forPeer(decl *ast.FuncDecl) bool {
	for _, field := range decl.Type.Params.List {
		t := f.TypesInfo.TypeOf(field.Type)
		if t == nil {
			continue
		}
		if isConn(t) || code.IsNamed(t, "net/http.Request") || code.IsNamed(t, "net/http.ResponseWriter") ||
			hasMethods(t, "Write", "Close") || hasMethods(t, "Read", "Close") {
			return true
		}
	}
	return false
}

// holder returns the local variable that gets what a call makes, by itself or as a field of
// a literal.
func (f *finder) holder(call inspector.Cursor) *types.Var {
	at := call
	if at.ParentEdgeKind() == edge.KeyValueExpr_Value {
		at = at.Parent().Parent()
		if at.ParentEdgeKind() == edge.UnaryExpr_X {
			at = at.Parent()
		}
	}
	s, ok := at.Parent().Node().(*ast.AssignStmt)
	if !ok || len(s.Rhs) != 1 {
		return nil
	}
	return f.local(code.Function(call), s.Lhs[0])
}

// tidied reports whether a function has a literal or a defer statement that has to do with a
// variable and may stop it.
func (f *finder) tidied(fn inspector.Cursor, v *types.Var) bool {
	for cur := range fn.Preorder((*ast.DeferStmt)(nil), (*ast.SelectorExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.DeferStmt:
			if code.Mentions(f.TypesInfo, n, v) {
				return true
			}
		case *ast.SelectorExpr:
			if code.Function(cur) != fn && stopsByName(n.Sel.Name) && code.Mentions(f.TypesInfo, n.X, v) {
				return true
			}
		}
	}
	return false
}

// forgottenAt returns the statement that returns an error after a call, where the variable
// that has what it makes is not stopped, given away or returned before.
func (f *finder) forgottenAt(fn, call inspector.Cursor, v *types.Var) ast.Node {
	g := flow.Of(f.TypesInfo, code.Body(fn.Node()))
	if g == nil {
		return nil
	}
	from := g.At(call.Node().Pos())
	if from == nil {
		return nil
	}
	next := func(s *flow.Step) []*flow.Step {
		if s != from && f.handled(fn, s, v) {
			return nil
		}
		return s.Next
	}
	queue := from.Next
	if s, ok := from.Node.(*ast.AssignStmt); ok && len(s.Lhs) == 2 && len(queue) == 1 && len(queue[0].Next) == 2 {
		queue = queue[0].Next[1:] // its own error: there is nothing to stop then
	}
	found := flow.Search(queue, next, func(s *flow.Step) bool {
		ret, ok := s.Node.(*ast.ReturnStmt)
		if !ok || len(ret.Results) < 2 || code.Mentions(f.TypesInfo, ret, v) {
			return false
		}
		return !f.TypesInfo.Types[ret.Results[len(ret.Results)-1]].IsNil() && f.TypesInfo.Types[ret.Results[0]].IsNil()
	})
	if found == nil {
		return nil
	}
	return found.Node
}

// handled reports whether a step stops what a variable has, or gives it to something else.
func (f *finder) handled(fn inspector.Cursor, s *flow.Step, v *types.Var) bool {
	return flow.Has(s, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || f.TypesInfo.Uses[id] != v {
			return false
		}
		cur, ok := fn.FindNode(id)
		if !ok || cur.ParentEdgeKind() != edge.SelectorExpr_X {
			return true
		}
		for cur.ParentEdgeKind() == edge.SelectorExpr_X {
			cur = cur.Parent()
		}
		return cur.ParentEdgeKind() == edge.CallExpr_Fun && stopsByName(cur.Node().(*ast.SelectorExpr).Sel.Name)
	})
}
