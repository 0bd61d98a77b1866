// SPDX-License-Identifier: Apache-2.0

package stoplock

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// receivesIn notes the channels without a buffer that a goroutine receives from in its
// loop: who sends waits until it comes back there.
func (p *program) receivesIn(body *ast.BlockStmt, j *job, same aliases) {
	server.Own(body, func(n ast.Node) bool {
		loop, ok := n.(*ast.ForStmt)
		if !ok {
			return true
		}
		server.Own(loop.Body, func(n ast.Node) bool {
			if u, ok := n.(*ast.UnaryExpr); ok && u.Op == token.ARROW {
				if ch := p.ref(u.X); ch.object != nil && p.unbuffered[ch.object] {
					j.receives[same.resolve(ch)] = true
				}
			}
			return true
		})
		return true
	})
	delete(j.receives, ref{})
}

// findUnbuffered finds the fields and variables that only ever get channels without a
// buffer.
func (p *program) findUnbuffered(pass *check.Pass) {
	p.unbuffered = map[types.Object]bool{}
	buffered := map[types.Object]bool{}
	note := func(to, value ast.Expr) {
		o := code.ObjectOf(p.info, to)
		if o == nil || !code.IsChan(o.Type()) {
			return
		}
		call, ok := ast.Unparen(value).(*ast.CallExpr)
		if ok && code.IsBuiltin(p.info, call, "make") && len(call.Args) == 1 {
			p.unbuffered[o] = true
		} else {
			buffered[o] = true
		}
	}
	for n := range pass.Inspect.PreorderSeq((*ast.AssignStmt)(nil), (*ast.KeyValueExpr)(nil)) {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if len(n.Lhs) == len(n.Rhs) {
					note(l, n.Rhs[i])
				}
			}
		case *ast.KeyValueExpr:
			if _, ok := n.Key.(*ast.Ident); ok {
				note(n.Key, n.Value)
			}
		}
	}
	for o := range buffered {
		delete(p.unbuffered, o)
	}
}
