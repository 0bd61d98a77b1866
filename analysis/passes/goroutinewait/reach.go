// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A reach is a function that a goroutine comes to: the one it runs, or one of the package
// that is called on its way.
type reach struct {
	fn   inspector.Cursor
	call inspector.Cursor // the call of it, or that it is given to; not valid for the first
	from int              // the index of the function with the call
}

// reach returns the functions that a function comes to, itself first, to a depth of three
// calls. What it starts as goroutines of their own is not among them.
func (f *finder) reach(fn inspector.Cursor) []reach {
	if out, ok := f.reached[fn]; ok {
		return out
	}
	out := []reach{{fn: fn}}
	seen := map[inspector.Cursor]bool{fn: true}
	for i, depth, end := 0, 0, 1; i < len(out) && depth < 3; i++ {
		for cur := range own(out[i].fn, (*ast.CallExpr)(nil)) {
			call := cur.Node().(*ast.CallExpr)
			for _, callee := range f.runs(call) {
				if !seen[callee] {
					seen[callee] = true
					out = append(out, reach{callee, cur, i})
				}
			}
		}
		if i+1 == end {
			depth, end = depth+1, len(out)
		}
	}
	f.reached[fn] = out
	return out
}

// runs returns the declared functions of the package that a call may run: the one that it
// is of, and those that it gives away.
func (f *finder) runs(call *ast.CallExpr) (out []inspector.Cursor) {
	if callee := f.chans.Funcs.Callee(call); callee.Valid() {
		out = append(out, callee)
	}
	for _, arg := range call.Args {
		if sel, ok := arg.(*ast.SelectorExpr); ok {
			if callee := f.chans.Funcs.Value(sel); callee.Valid() {
				out = append(out, callee)
			}
		}
	}
	return out
}

// own goes over the nodes of a function that it runs itself: not those of go statements.
// A literal is taken for one that is called where it is.
func own(fn inspector.Cursor, types ...ast.Node) func(yield func(inspector.Cursor) bool) {
	return func(yield func(inspector.Cursor) bool) {
		end := token.NoPos
		for cur := range fn.Preorder(append(types, (*ast.GoStmt)(nil))...) {
			if cur.Node().Pos() < end {
				continue
			}
			if stmt, ok := cur.Node().(*ast.GoStmt); ok {
				end = stmt.End()
				continue
			}
			if !yield(cur) {
				return
			}
		}
	}
}

// tells reports whether a goroutine has a way to say that it is done.
func (f *finder) tells(start chans.Start) bool {
	if _, ok := start.Go.Node().(*ast.CallExpr); ok && !start.Within.Valid() {
		return true // of a group
	}
	all := f.reach(start.Body)
	if start.Within.Valid() {
		all = append(f.reach(start.Within), all...)
	}
	for _, r := range all {
		for cur := range own(r.fn, (*ast.CallExpr)(nil), (*ast.SendStmt)(nil)) {
			call, ok := cur.Node().(*ast.CallExpr)
			if !ok || f.says(call) {
				return true
			}
		}
	}
	return false
}

// says reports whether a call may tell another goroutine something.
func (f *finder) says(call *ast.CallExpr) bool {
	if code.IsBuiltin(f.TypesInfo, call, "close") {
		return true
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch sel.Sel.Name {
	case "Done":
		return !code.IsCall(f.TypesInfo, call, "(context.Context).Done")
	case "Broadcast", "Signal", "Store":
		return true
	}
	return false
}

// locks reports whether a function, or one that it calls, takes a lock, or expects that
// what it uses may be gone.
func (f *finder) locks(fn inspector.Cursor) bool {
	for _, r := range f.reach(fn) {
		for cur := range own(r.fn, (*ast.CallExpr)(nil)) {
			switch name := code.CallName(cur.Node().(*ast.CallExpr)); name {
			case "lock", "rlock", "recover":
				return true
			}
		}
	}
	return false
}

// hears reports whether a goroutine has a loop that ends by what a method does: with a
// receive from the channel that it closes, a look at the context that it cancels, or what
// it accepts or reads from a socket that it closes.
func (f *finder) hears(start chans.Start, s *stop) bool {
	all := f.reach(start.Body)
	for i, r := range all {
		for cur := range own(r.fn, (*ast.UnaryExpr)(nil), (*ast.CallExpr)(nil), (*ast.RangeStmt)(nil)) {
			if f.heardAt(start, all, i, cur, s) && looped(cur, r.fn) {
				return true
			}
		}
	}
	return false
}

// heardAt reports whether a place in a goroutine hears of a stop.
func (f *finder) heardAt(start chans.Start, all []reach, i int, cur inspector.Cursor, s *stop) bool {
	switch n := cur.Node().(type) {
	case *ast.UnaryExpr:
		return n.Op == token.ARROW && f.closed(n.X, s) != nil
	case *ast.RangeStmt:
		return f.closed(n.X, s) != nil
	case *ast.CallExpr:
		if code.IsCall(f.TypesInfo, n, "(context.Context).Done", "(context.Context).Err") {
			return slices.ContainsFunc(s.signals, func(signal *types.Var) bool {
				return cancels(signal) && f.ends(start, all, i, s, code.Receiver(n), signal)
			})
		}
		sel, ok := n.Fun.(*ast.SelectorExpr)
		return ok && strings.HasPrefix(sel.Sel.Name, "Accept") && slices.Contains(s.sockets, fieldOf(f.TypesInfo, sel.X))
	}
	return false
}

// ends reports whether a cancel function ends a context that a goroutine looks at.
func (f *finder) ends(start chans.Start, all []reach, i int, s *stop, ctx ast.Expr, cancel *types.Var) bool {
	if field := fieldOf(f.TypesInfo, ctx); field != nil {
		return f.together(s, field, cancel)
	}
	v, ok := code.ObjectOf(f.TypesInfo, ctx).(*types.Var)
	return ok && f.endedBy(start, all, i, v, cancel)
}

// closed returns the signal of a method that closes the channel that an expression names.
func (f *finder) closed(e ast.Expr, s *stop) *types.Var {
	v, _ := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	if v == nil || !code.IsChan(v.Type()) {
		return nil
	}
	for _, signal := range s.signals {
		if v == signal || !v.IsField() && f.chans.Of(v) != nil && f.chans.Of(v) == f.chans.Of(signal) {
			return signal
		}
	}
	return nil
}

func looped(at, body inspector.Cursor) bool {
	for loop := range at.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
		return body.Contains(loop)
	}
	return false
}
