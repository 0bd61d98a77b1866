// SPDX-License-Identifier: Apache-2.0

package stoplock

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// lock returns the mutex that a call locks, and how.
func (p *program) lock(call *ast.CallExpr) (ref, mode) {
	switch p.ofMutex(call) {
	case "Lock":
		return p.receiver(call), write
	case "RLock":
		return p.receiver(call), read
	}
	return ref{}, 0
}

// unlock returns the mutex that a call unlocks.
func (p *program) unlock(call *ast.CallExpr) ref {
	switch p.ofMutex(call) {
	case "Unlock", "RUnlock":
		return p.receiver(call)
	}
	return ref{}
}

// ofMutex returns the name of the method of a mutex that a call is of: one of sync, or of
// a package that takes its place and keeps its names, such as those that find deadlocks.
func (p *program) ofMutex(call *ast.CallExpr) string {
	fn, ok := typeutil.Callee(p.info, call).(*types.Func)
	if !ok || fn.Signature().Recv() == nil || fn.Signature().Params().Len() > 0 || !isMutex(fn.Signature().Recv().Type()) {
		return ""
	}
	return fn.Name()
}

// hasMutex reports whether a package is one that has mutexes.
func hasMutex(p *types.Package) bool {
	return p.Path() == "sync" || p.Scope().Lookup("Mutex") != nil || p.Scope().Lookup("RWMutex") != nil
}

func isMutex(t types.Type) bool {
	if ptr, ok := types.Unalias(t).(*types.Pointer); ok {
		t = ptr.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && (named.Obj().Name() == "Mutex" || named.Obj().Name() == "RWMutex")
}

// receiver returns the variable or field that a method is called on, also the embedded
// field through which it is reached: but not that of a mutex in a mutex.
func (p *program) receiver(call *ast.CallExpr) ref {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return ref{}
	}
	if s := p.info.Selections[sel]; s != nil && !isMutex(s.Recv()) {
		if field := server.Embedded(s); field != nil {
			if id, ok := ast.Unparen(sel.X).(*ast.Ident); ok {
				return ref{field, p.info.Uses[id]}
			}
			if p.root(sel.X) != nil {
				return ref{field, owner}
			}
			return ref{}
		}
	}
	return p.ref(sel.X)
}
