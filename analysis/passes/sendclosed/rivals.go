// SPDX-License-Identifier: Apache-2.0

package sendclosed

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// rivals reports a send by one goroutine on a channel that another one closes when it
// ends, without having heard anything from the first.
func (f *finder) rivals(g *chans.Group, fn inspector.Cursor, c, s *chans.Use) bool {
	closer, ok := f.start(fn)
	if !ok || len(g.Of(chans.Make)) != 1 || g.Has(chans.Origin) || f.given(g) || recovers(s.Func()) || locks(s.Func()) {
		return false
	}
	sender, ok := f.sender(s, closer)
	if !ok || f.awaits(fn, sender.Go, 2) || closer.Body.Contains(sender.Go) || code.InLoop(closer.Go) || locks(sender.Body) || recovers(sender.Body) || f.closes(g, sender.Body) {
		return false
	}
	f.Reportf(s.At.Parent().Node(), "send on %s, which the goroutine of line %d closes when it ends, without waiting for this one: then it panics",
		name(s), f.Fset.Position(closer.Go.Node().Pos()).Line)
	return true
}

// given reports whether a channel is given to a function that is not known; that of
// package os/signal sends with care.
func (f *finder) given(g *chans.Group) bool {
	for _, u := range g.Of(chans.Escape) {
		call, ok := u.At.Parent().Node().(*ast.CallExpr)
		if !ok || !strings.HasPrefix(code.Callee(f.TypesInfo, call), "os/signal.") {
			return true
		}
	}
	return false
}

// awaits reports whether a function, or one that it calls, waits for something that
// another goroutine does, or starts it.
func (f *finder) awaits(fn, start inspector.Cursor, depth int) bool {
	if waits(fn) || hearsAny(f.Pass.TypesInfo, fn) || fn.Contains(start) {
		return true
	}
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		callee := f.chans.Funcs.Callee(cur.Node().(*ast.CallExpr))
		if callee.Valid() && depth > 0 && f.awaits(callee, start, depth-1) {
			return true
		}
	}
	return false
}

// start returns the one go statement of a function.
func (f *finder) start(fn inspector.Cursor) (out chans.Start, ok bool) {
	if all := f.chans.Funcs.StartsOf(fn); len(all) == 1 {
		return all[0], true
	}
	return chans.Start{}, false
}

// sender returns a goroutine other than the one that closes which does a send, itself or
// through a function that it calls.
func (f *finder) sender(s *chans.Use, closer chans.Start) (chans.Start, bool) {
	if out, ok := f.start(s.Func()); ok {
		return out, out.Body != closer.Body
	}
	for _, call := range f.chans.Funcs.Calls(s.Func()) {
		if out, ok := f.start(code.Function(call)); ok && out.Body != closer.Body {
			return out, true
		}
	}
	return chans.Start{}, false
}

func (f *finder) closes(g *chans.Group, fn inspector.Cursor) bool {
	for _, u := range g.Of(chans.Close) {
		if fn.Contains(u.At) {
			return true
		}
	}
	return false
}

// hearsAny reports whether a function receives from a channel other than that of a
// context's end: another goroutine may tell it so that it is done.
func hearsAny(info *types.Info, fn inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && !code.IsCall(info, ast.Unparen(n.X), "(context.Context).Done") {
				return true
			}
		case *ast.RangeStmt:
			if code.IsChan(info.TypeOf(n.X)) {
				return true
			}
		}
	}
	return false
}
