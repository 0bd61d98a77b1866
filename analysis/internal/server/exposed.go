// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/types"
)

// exposes reports whether a package gives servers of the libraries to others: as the
// result of a function, in a variable, or in the field of a type, by which they can be
// started without an import of the library.
func exposes(pkg *types.Package) bool {
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		obj := scope.Lookup(name)
		if !obj.Exported() {
			continue
		}
		switch obj := obj.(type) {
		case *types.Func:
			if returnsServer(obj.Signature()) {
				return true
			}
		case *types.Var:
			if ofLibrary(obj.Type()) {
				return true
			}
		case *types.TypeName:
			if hasServer(obj.Type()) {
				return true
			}
		}
	}
	return false
}

// hasServer reports whether a type has a field that others see, or a method, for a
// server.
func hasServer(t types.Type) bool {
	if s, ok := t.Underlying().(*types.Struct); ok {
		for f := range s.Fields() {
			if (f.Exported() || f.Embedded()) && ofLibrary(f.Type()) {
				return true
			}
		}
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		for m := range n.Methods() {
			if m.Exported() && returnsServer(m.Signature()) {
				return true
			}
		}
	}
	return false
}

func returnsServer(sig *types.Signature) bool {
	for v := range sig.Results().Variables() {
		if ofLibrary(v.Type()) {
			return true
		}
	}
	return false
}

// ofLibrary reports whether a type is that of a server of one of the libraries.
func ofLibrary(t types.Type) bool {
	name := typeName(t)
	if name == nil || name.Pkg() == nil || !libraries[unversionedPath(name.Pkg().Path())] {
		return false
	}
	switch name.Name() {
	case "Server", "Echo", "Engine", "App":
		return true
	}
	return false
}
