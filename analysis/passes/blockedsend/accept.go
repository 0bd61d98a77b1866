// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// accepted reports the send by which a goroutine hands a connection over to the Accept of a
// listener, where a stop waits for that goroutine: a server that has stopped does not call
// Accept any more. That the channel is closed then does not help, it makes a panic of the wait.
func (l *leavers) accepted(g *chans.Group) {
	if g.Has(chans.Origin) || !l.kept(g) || !g.Unbuffered(l.TypesInfo) || !l.onlyAccepts(g) {
		return
	}
	for _, send := range g.Of(chans.Send) {
		if inSelect(send) || code.IsTest(l.Fset, send.At.Node().Pos()) || !l.counted(send.Func()) || l.looks(send) {
			continue
		}
		l.Reportf(send.At.Parent().Node(), "%s has no buffer, and only Accept receives from it, which a server that has stopped does not call any more: this send then waits for ever, and who waits for its goroutine",
			types.ExprString(send.At.Node().(ast.Expr)))
	}
}

// counted reports whether a function runs in a goroutine that a WaitGroup knows of.
func (l *leavers) counted(fn inspector.Cursor) bool {
	if inGoroutine(l.chans, fn) {
		for call := range fn.Preorder((*ast.CallExpr)(nil)) {
			if code.IsCall(l.TypesInfo, call.Node(), "(*sync.WaitGroup).Done") {
				return true
			}
		}
		return false
	}
	return (&listener{pass: l.Pass, chans: l.chans}).calledFrom(fn, func(c inspector.Cursor) bool { return inGoroutine(l.chans, c) && l.counted(c) })
}

// onlyAccepts reports whether all receives from a channel are in methods of listeners that
// accept a connection, and nothing takes what is left.
func (l *leavers) onlyAccepts(g *chans.Group) bool {
	receives := g.Of(chans.Receive)
	for _, u := range receives {
		if u.At.ParentEdgeKind() == edge.RangeStmt_X || !l.isAccept(u.Func()) {
			return false
		}
	}
	return len(receives) > 0
}

// isAccept reports whether a function is the Accept of a net.Listener.
func (l *leavers) isAccept(fn inspector.Cursor) bool {
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok || decl.Recv == nil || decl.Name.Name != "Accept" {
		return false
	}
	method, ok := l.TypesInfo.Defs[decl.Name].(*types.Func)
	if !ok || method.Signature().Params().Len() != 0 || method.Signature().Results().Len() != 2 {
		return false
	}
	return code.IsNamed(method.Signature().Results().At(0).Type(), "net.Conn")
}
