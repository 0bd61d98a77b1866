// SPDX-License-Identifier: Apache-2.0

package secondsignal

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// context looks at what follows <-ctx.Done() of a context from NotifyContext whose stop
// is only deferred.
func (f finder) context(call *signals.Call) {
	for _, assign := range f.made(call.At) {
		f.assigned(call, assign)
	}
}

// made returns where what a call returns is assigned: there, or where a function of the
// package is called that returns it.
func (f finder) made(call inspector.Cursor) []*ast.AssignStmt {
	if assign, ok := call.Parent().Node().(*ast.AssignStmt); ok && len(assign.Lhs) == 2 {
		return []*ast.AssignStmt{assign}
	}
	decl := code.Function(call)
	if _, ok := call.Parent().Node().(*ast.ReturnStmt); !ok || !decl.Valid() {
		return nil
	}
	fn, ok := decl.Node().(*ast.FuncDecl)
	if !ok {
		return nil
	}
	var out []*ast.AssignStmt
	for cur := range f.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if callee := f.pkg.Callee(cur.Node().(*ast.CallExpr)); callee != nil && callee == f.pass.TypesInfo.Defs[fn.Name] {
			if assign, ok := cur.Parent().Node().(*ast.AssignStmt); ok && len(assign.Lhs) == 2 {
				out = append(out, assign)
			}
		}
	}
	return out
}

// assigned looks at what follows the end of a context that signals end.
func (f finder) assigned(call *signals.Call, assign *ast.AssignStmt) {
	stop, ctx := code.ObjectOf(f.pass.TypesInfo, assign.Lhs[1]), code.ObjectOf(f.pass.TypesInfo, assign.Lhs[0])
	if stop == nil || ctx == nil || !f.onlyDeferred(stop) {
		return
	}
	if stop, how := f.ends(call, f.derived(ctx)); stop != nil {
		f.report(call, stop, how)
	}
}

// A contextSet has the variables that hold contexts which end together. The key nil stands
// for the contexts of commands, where those have no name.
type contextSet map[types.Object]bool

// A use is a call that is given a context.
type use struct {
	at  inspector.Cursor
	arg int
}

// uses are the places where a package does something with contexts, by their variables.
// Those of commands that have no name are under nil.
type uses struct {
	done  map[types.Object][]inspector.Cursor // <-ctx.Done()
	calls map[types.Object][]use
}

// findUses finds them.
func (f finder) findUses() uses {
	u := uses{done: map[types.Object][]inspector.Cursor{}, calls: map[types.Object][]use{}}
	for cur := range f.pass.Inspect.Root().Preorder((*ast.UnaryExpr)(nil), (*ast.CallExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.UnaryExpr:
			if ctx := doneOf(n); ctx != nil {
				if obj, ok := f.holds(ctx); ok {
					u.done[obj] = append(u.done[obj], cur)
				}
			}
		case *ast.CallExpr:
			for i, arg := range n.Args {
				if obj, ok := f.holds(arg); ok {
					u.calls[obj] = append(u.calls[obj], use{cur, i})
				}
			}
		}
	}
	return u
}

// holds returns the variable that an expression names, if that is a context; nil for the
// one of a command.
func (f finder) holds(e ast.Expr) (types.Object, bool) {
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		return nil, f.contextOfCommand(call)
	}
	obj := code.ObjectOf(f.pass.TypesInfo, e)
	return obj, obj != nil && code.IsNamed(obj.Type(), "context.Context")
}

// ends returns the unbounded stop that follows the end of one of some contexts, and what it
// does: behind a receive from its Done, or where it is given to another package.
func (f finder) ends(call *signals.Call, contexts contextSet) (*ast.CallExpr, string) {
	order := slices.SortedFunc(maps.Keys(contexts), func(a, b types.Object) int { return cmp.Compare(position(a), position(b)) })
	for _, obj := range order {
		for _, cur := range f.uses.done[obj] {
			if stop, how := f.received(call, cur); stop != nil {
				return stop, how
			}
		}
	}
	for _, obj := range order {
		for _, u := range f.uses.calls[obj] {
			if how := f.given(u); how != "" {
				return u.at.Node().(*ast.CallExpr), how + unboundedly
			}
		}
	}
	return nil, ""
}

func position(obj types.Object) token.Pos {
	if obj == nil {
		return token.NoPos
	}
	return obj.Pos()
}

// onlyDeferred reports whether the stop of a context is called by defer only.
func (f finder) onlyDeferred(stop types.Object) bool {
	if _, local := stop.(*types.Var); !local || stop.Parent() == f.pass.Pkg.Scope() {
		return false
	}
	for cur := range f.pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		if f.pass.TypesInfo.Uses[cur.Node().(*ast.Ident)] != stop {
			continue
		}
		call, ok := cur.Parent().Node().(*ast.CallExpr)
		if _, deferred := cur.Parent().Parent().Node().(*ast.DeferStmt); !ok || call.Fun != cur.Node() || !deferred {
			return false
		}
	}
	return true
}

// doneOf returns the context x of <-x.Done().
func doneOf(e *ast.UnaryExpr) ast.Expr {
	call, ok := ast.Unparen(e.X).(*ast.CallExpr)
	if e.Op != token.ARROW || !ok || len(call.Args) != 0 {
		return nil
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Done" {
		return nil
	}
	return sel.X
}

// generations is how often a context is followed from one variable to the next.
const generations = 4

// derived returns some contexts and those that end with them: the ones made from them, and
// the parameters of this package that they are given to.
func (f finder) derived(contexts ...types.Object) contextSet {
	out := contextSet{}
	for range generations {
		var next []types.Object
		for _, ctx := range contexts {
			if out[ctx] {
				continue
			}
			out[ctx] = true
			for _, u := range f.uses.calls[ctx] {
				if obj := f.passedOn(u); obj != nil {
					next = append(next, obj)
				}
			}
		}
		contexts = next
	}
	return out
}

// passedOn returns the variable in which a call that is given a context has it too, or one
// that is made from it: a parameter of this package, or what the call is assigned to.
func (f finder) passedOn(u use) types.Object {
	call := u.at.Node().(*ast.CallExpr)
	which := -1
	switch code.Callee(f.pass.TypesInfo, call) {
	case "context.WithCancel", "context.WithCancelCause", "context.WithValue":
		which = 0
	case "golang.org/x/sync/errgroup.WithContext":
		which = 1
	}
	if assign, ok := u.at.Parent().Node().(*ast.AssignStmt); ok && which >= 0 && which < len(assign.Lhs) {
		return code.ObjectOf(f.pass.TypesInfo, assign.Lhs[which])
	}
	if fn := f.pkg.Callee(call); fn != nil && fn.Pkg() == f.pass.Pkg && u.arg < fn.Signature().Params().Len() {
		return fn.Signature().Params().At(u.arg)
	}
	return nil
}

// contextOf returns the context that a cancel function is of.
func (f finder) contextOf(cancel types.Object) types.Object {
	if cancel == nil {
		return nil
	}
	for n := range f.pass.Inspect.PreorderSeq((*ast.AssignStmt)(nil)) {
		assign := n.(*ast.AssignStmt)
		if len(assign.Lhs) == 2 && code.ObjectOf(f.pass.TypesInfo, assign.Lhs[1]) == cancel {
			return code.ObjectOf(f.pass.TypesInfo, assign.Lhs[0])
		}
	}
	return nil
}
