// SPDX-License-Identifier: Apache-2.0

package stoplock

import (
	"go/ast"
	"go/types"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// findHandlers notes what the methods that handle the requests of a server lock, of the value
// that they are of.
func (p *program) findHandlers() {
	p.handlers = map[types.Object]mode{}
	for obj, decl := range p.decls {
		fn, ok := obj.(*types.Func)
		if !ok || fn.Signature().Recv() == nil || !handles(fn.Signature()) {
			continue
		}
		j := job{releases: map[ref]bool{}, adds: map[ref]bool{}, locks: map[ref]mode{}}
		p.collect(decl.Body, &j, aliases{}, depth, map[ast.Node]bool{})
		for r, m := range j.locks {
			if r.of == fn.Signature().Recv() {
				p.handlers[r.object] = max(p.handlers[r.object], m)
			}
		}
	}
}

// handles reports whether a function handles a request of net/http.
func handles(sig *types.Signature) bool {
	if sig.Params().Len() < 2 || !code.IsNamed(sig.Params().At(0).Type(), "net/http.ResponseWriter") {
		return false
	}
	ptr, ok := types.Unalias(sig.Params().At(1).Type()).(*types.Pointer)
	return ok && code.IsNamed(ptr.Elem(), "net/http.Request")
}

// requests reports a Shutdown of a server that waits for requests which lock what is held,
// where the server and the mutex are fields of one value.
func (w *walker) requests(call *ast.CallExpr, h held) {
	if len(w.handlers) == 0 || len(h) == 0 || !code.IsCall(w.info, call, "(*net/http.Server).Shutdown") {
		return
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return
	}
	of := w.root(sel.X)
	for mutex, m := range h {
		theirs := w.handlers[mutex.object]
		if of != nil && mutex.of == of && theirs != 0 && (m == write || theirs == write) {
			w.found(call, mutex.object)
			return
		}
	}
}
