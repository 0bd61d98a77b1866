// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
)

// first returns the return in the case of a select that takes the first of what the
// goroutines of a loop send, and leaves the others.
func (r *result) first(start chans.Start) ast.Node {
	loop := loopOf(start.Go)
	if loop == nil || loop == loopOf(r.made.At) {
		return nil // each turn makes a channel of its own
	}
	for _, u := range r.group.Of(chans.Receive) {
		clause, ok := caseOf(u.At)
		if !ok || clause.Pos() < start.Go.Node().End() {
			continue
		}
		for _, s := range clause.Body {
			if ret, ok := s.(*ast.ReturnStmt); ok {
				return ret
			}
		}
	}
	return nil
}

// caseOf returns the case of a select that a receive is the condition of.
func caseOf(receive inspector.Cursor) (*ast.CommClause, bool) {
	for cur := range receive.Enclosing((*ast.CommClause)(nil), (*ast.FuncLit)(nil)) {
		clause, ok := cur.Node().(*ast.CommClause)
		return clause, ok && clause.Comm != nil && receive.Node().Pos() < clause.Comm.End()
	}
	return nil, false
}
