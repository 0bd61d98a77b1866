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
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// responses reports a goroutine that writes to the answer of a request, where the handler
// may return before it is done: "Returning signals that the request is finished; it is not
// valid to use the ResponseWriter ... after or concurrently with the completion of the
// ServeHTTP call" (net/http.Handler).
func (f *finder) responses(start chans.Start) {
	stmt, ok := start.Go.Node().(*ast.GoStmt)
	if _, lit := start.Body.Node().(*ast.FuncLit); !ok || !lit {
		return
	}
	fn := code.Function(start.Go)
	w := f.answerTo(start, fn)
	if w == nil || f.waitsDeferred(fn) {
		return
	}
	g := flow.Of(f.TypesInfo, code.Body(fn.Node()))
	if g == nil {
		return
	}
	from := g.At(stmt.Pos())
	if from == nil || code.InLoop(start.Go) {
		return
	}
	done := f.saidBy(start)
	if g.Find(from, func(s *flow.Step) bool { return f.waitsFor(s, done) }, func(s *flow.Step) bool { return s == g.Exit }) != nil {
		f.Reportf(stmt, "the function may return while this goroutine still uses %s: a ResponseWriter is not to be used after the handler has returned", w.Name())
	}
}

// answerTo returns the ResponseWriter, a parameter of a function, that a goroutine uses.
func (f *finder) answerTo(start chans.Start, fn inspector.Cursor) *types.Var {
	for cur := range own(start.Body, (*ast.Ident)(nil)) {
		v, ok := f.TypesInfo.Uses[cur.Node().(*ast.Ident)].(*types.Var)
		if !ok || !f.isAnswer(v, fn) || !f.isParam(v, fn) {
			continue
		}
		switch cur.ParentEdgeKind() {
		case edge.SelectorExpr_X, edge.CallExpr_Args:
			return v
		}
	}
	return nil
}

// isAnswer reports whether a variable is a ResponseWriter, or a writer that a function knows
// as a Flusher.
func (f *finder) isAnswer(v *types.Var, fn inspector.Cursor) bool {
	if code.IsNamed(v.Type(), "net/http.ResponseWriter") {
		return true
	}
	if !code.IsNamed(v.Type(), "io.Writer") {
		return false
	}
	for cur := range fn.Preorder((*ast.TypeAssertExpr)(nil)) {
		a := cur.Node().(*ast.TypeAssertExpr)
		if a.Type != nil && code.ObjectOf(f.TypesInfo, a.X) == v && code.IsNamed(typeOf(f.TypesInfo, a.Type), "net/http.Flusher") {
			return true
		}
	}
	return false
}

// isParam reports whether a variable is a parameter of a function that is not assigned in it.
func (f *finder) isParam(v *types.Var, fn inspector.Cursor) bool {
	if !code.ContainsPos(code.FuncType(fn.Node()).Params, v.Pos()) {
		return false
	}
	for cur := range fn.Preorder((*ast.AssignStmt)(nil)) {
		for _, l := range cur.Node().(*ast.AssignStmt).Lhs {
			if code.ObjectOf(f.TypesInfo, l) == v {
				return false
			}
		}
	}
	return true
}

// waitsDeferred reports whether a function waits for something when it returns.
func (f *finder) waitsDeferred(fn inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.DeferStmt)(nil)) {
		if code.Function(cur) != fn {
			continue
		}
		for c := range cur.Preorder((*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil)) {
			switch n := c.Node().(type) {
			case *ast.UnaryExpr:
				if n.Op == token.ARROW {
					return true
				}
			case *ast.CallExpr:
				if awaitsByName(code.CallName(n)) || f.chans.Funcs.Callee(n).Valid() {
					return true
				}
			}
		}
	}
	return false
}

func awaitsByName(name string) bool {
	return strings.Contains(name, "wait") || strings.Contains(name, "join") || strings.Contains(name, "stop") || strings.Contains(name, "drain") || name == "lock"
}

// saidBy returns the channels by which a goroutine says something.
func (f *finder) saidBy(start chans.Start) map[*chans.Group]bool {
	out := map[*chans.Group]bool{}
	for cur := range start.Body.Preorder((*ast.SendStmt)(nil), (*ast.CallExpr)(nil)) {
		var ch ast.Expr
		switch n := cur.Node().(type) {
		case *ast.SendStmt:
			ch = n.Chan
		case *ast.CallExpr:
			if code.IsBuiltin(f.TypesInfo, n, "close") {
				ch = n.Args[0]
			}
		}
		if v, ok := code.ObjectOf(f.TypesInfo, ch).(*types.Var); ok {
			out[f.chans.Of(v)] = true
		}
	}
	return out
}

// waitsFor reports whether a step waits for one of the channels, or for something that cannot
// be seen.
func (f *finder) waitsFor(s *flow.Step, done map[*chans.Group]bool) bool {
	if over, ok := s.Node.(*ast.RangeStmt); ok {
		v, _ := code.ObjectOf(f.TypesInfo, over.X).(*types.Var)
		return v != nil && done[f.chans.Of(v)]
	}
	return flow.Has(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			v, _ := code.ObjectOf(f.TypesInfo, n.X).(*types.Var)
			return n.Op == token.ARROW && v != nil && done[f.chans.Of(v)]
		case *ast.CallExpr:
			return awaitsByName(code.CallName(n)) || f.gets(n, done)
		}
		return false
	})
}

// gets reports whether a call is given one of the channels.
func (f *finder) gets(call *ast.CallExpr, done map[*chans.Group]bool) bool {
	for _, arg := range call.Args {
		if v, ok := code.ObjectOf(f.TypesInfo, arg).(*types.Var); ok && code.IsChan(v.Type()) && done[f.chans.Of(v)] {
			return true
		}
	}
	return false
}
