// SPDX-License-Identifier: Apache-2.0

package blockingcall

import "go/types"

// learnInterfaces notes the methods of the package's interfaces that wait for sure: all types
// of the package that have them do. It reports whether there are new ones.
func (w *waiting) learnInterfaces() (more bool) {
	scope := w.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		obj, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || obj.IsAlias() {
			continue
		}
		iface, ok := obj.Type().Underlying().(*types.Interface)
		if !ok {
			continue
		}
		for m := range iface.ExplicitMethods() {
			if !w.known[m].Sure && mayFail(m) && w.allWait(iface, m) {
				how := waits{Sure: true}
				w.known[m] = how
				w.pass.ExportObjectFact(m, &how)
				more = true
			}
		}
	}
	return more
}

// allWait reports whether the package has types with an interface, and the method waits for
// sure in each of them.
func (w *waiting) allWait(iface *types.Interface, m *types.Func) (found bool) {
	scope := w.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		obj, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || obj.IsAlias() || types.IsInterface(obj.Type()) {
			continue
		}
		ptr := types.NewPointer(obj.Type())
		if !types.Implements(ptr, iface) {
			continue
		}
		own, _, _ := types.LookupFieldOrMethod(ptr, false, w.pass.Pkg, m.Name())
		if fn, ok := own.(*types.Func); !ok || !w.known[fn.Origin()].Sure {
			return false
		}
		found = true
	}
	return found
}
