// SPDX-License-Identifier: Apache-2.0

package blockingcall

import "go/types"

// learnInterfaces notes the methods of the package's interfaces that wait for sure: all types
// of the package that have them do. It reports whether there are new ones.
func (w *waiting) learnInterfaces() (more bool) {
	scope := w.pass.Pkg.Scope()
	names := w.waitingMethods()
	for _, name := range scope.Names() {
		obj, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || obj.IsAlias() || len(names) == 0 {
			continue
		}
		iface, ok := obj.Type().Underlying().(*types.Interface)
		if !ok {
			continue
		}
		for m := range iface.ExplicitMethods() {
			if !names[m.Name()] || w.known[m].Sure || !mayFail(m) {
				continue
			}
			if how, ok := w.allWait(iface, m); ok {
				w.know(m, how)
				more = true
			}
		}
	}
	return more
}

// waitingMethods returns the names of the methods of the package that wait for sure.
func (w *waiting) waitingMethods() map[string]bool {
	names := map[string]bool{}
	for fn, how := range w.known {
		if how.Sure && fn.Pkg() == w.pass.Pkg && fn.Signature().Recv() != nil {
			names[fn.Name()] = true
		}
	}
	return names
}

// allWait reports whether the package has types with an interface, and the method waits for
// sure in each of them, and how.
func (w *waiting) allWait(iface *types.Interface, m *types.Func) (how waits, ok bool) {
	scope := w.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		obj, isType := scope.Lookup(name).(*types.TypeName)
		if !isType || obj.IsAlias() || types.IsInterface(obj.Type()) {
			continue
		}
		ptr := types.NewPointer(obj.Type())
		if !types.Implements(ptr, iface) {
			continue
		}
		own, _, _ := types.LookupFieldOrMethod(ptr, false, w.pass.Pkg, m.Name())
		fn, isFunc := own.(*types.Func)
		if !isFunc || !w.known[fn.Origin()].Sure {
			return waits{}, false
		}
		how, ok = w.known[fn.Origin()], true
	}
	return how, ok
}
