// SPDX-License-Identifier: Apache-2.0

package cancelledctx

import (
	"go/ast"
	"go/types"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// parent reports a stop with the context that the ended one is derived of. It has ended
// as well if the stop comes from there, and otherwise it is no bound.
func (c *checker) parent(call *ast.CallExpr, e end) {
	o, _ := c.contexts.latest(e.ctx.object, e.at.Pos(), e.at.Pos())
	if o == nil || o.call == nil || !code.IsCall(c.pass.TypesInfo, o.call, "context.WithCancel", "context.WithCancelCause", "golang.org/x/sync/errgroup.WithContext") {
		return
	}
	parent, ok := keyOf(c.pass.TypesInfo, o.parent)
	if !ok || parent.object == e.ctx.object {
		return
	}
	derived, same := c.contexts.ended(call.Args[0], end{ctx: parent, at: e.at})
	if !same || !c.signalled(parent) && (derived != nil || !c.isParam(parent)) {
		return
	}
	c.pass.Reportf(call, "%s has the context that %s is derived of: when %s ends it has ended already, and it gives up at once",
		types.ExprString(call.Fun), e.ctx.name, parent.name)
}

// signalled reports whether a context is one that signals end.
func (c *checker) signalled(k key) bool {
	for _, o := range c.contexts.origins[k.object] {
		if o.call != nil && code.IsCall(c.pass.TypesInfo, o.call, "os/signal.NotifyContext") {
			return true
		}
	}
	return false
}

// isParam reports whether a context is a parameter of the function, and nothing else.
func (c *checker) isParam(k key) bool {
	v, ok := k.object.(*types.Var)
	return ok && v.Kind() == types.ParamVar && k.name == v.Name() && len(c.contexts.origins[k.object]) == 0
}
