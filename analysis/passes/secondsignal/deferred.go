// SPDX-License-Identifier: Apache-2.0

package secondsignal

import (
	"go/ast"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// deferred returns an unbounded stop that the function of a receive has deferred: it runs
// once the signal has come, and the signals are not given back before it. Waiting for
// goroutines alone does not count: they have been told to end as well.
func (f finder) deferred(call *signals.Call, at inspector.Cursor, after []inspector.Cursor) (*ast.CallExpr, string) {
	fn := code.Function(at)
	if call == nil || call.Channel != nil && len(call.Channel.Stops) > 0 || !fn.Valid() || f.exits(after) || f.exitsBeside(after) {
		return nil, ""
	}
	if _, ok := f.started(fn); ok {
		return nil, ""
	}
	for _, d := range f.pending(call, fn, at) {
		near := f.limits([]inspector.Cursor{d})
		for c := range calls(d) {
			if code.IsCall(f.pass.TypesInfo, c, "(*sync.WaitGroup).Wait", "(*golang.org/x/sync/errgroup.Group).Wait") {
				continue
			}
			if f.gives(c) || signals.Ends(c) {
				return nil, ""
			}
			if how := f.unbounded(c, near, 0); how != "" {
				return c, "the deferred " + how
			}
		}
	}
	return nil, ""
}

// pending returns what a function has deferred on the way to a receive, the last first, as it
// runs: behind the registration, if that is in the same function and has a deferred end.
func (f finder) pending(call *signals.Call, fn, at inspector.Cursor) []inspector.Cursor {
	var out []inspector.Cursor
	for d := range fn.Preorder((*ast.DeferStmt)(nil)) {
		own := code.Function(d) == fn && d.Parent().Contains(at)
		if own && d.Node().Pos() < at.Node().Pos() && (call.Op == signals.Notify || d.Node().Pos() > call.Expr.Pos()) {
			out = append(out, d)
		}
	}
	slices.Reverse(out)
	return out
}

// calls yields the call that is deferred, or those of the literal that is.
func calls(d inspector.Cursor) func(yield func(*ast.CallExpr) bool) {
	call := d.Node().(*ast.DeferStmt).Call
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		if cur, ok := d.FindNode(lit); ok {
			return signals.Synchronous(cur)
		}
	}
	return func(yield func(*ast.CallExpr) bool) { yield(call) }
}
