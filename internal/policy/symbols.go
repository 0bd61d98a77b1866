// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"go/ast"
	"strings"
)

// symbols are the package-level names of a package, and the fields and methods
// of its types.
type symbols struct {
	names  map[[2]string]bool  // {"", "Name"} and {"Type", "Member"}
	embeds map[string][]string // types of the same package that a type embeds
}

func newSymbols() *symbols {
	return &symbols{names: map[[2]string]bool{}, embeds: map[string][]string{}}
}

// has reports whether there is a name, or with a receiver a field or method of
// it, perhaps through a type that it embeds. Embedding a type of another
// package is not followed.
func (s *symbols) has(recv, name string) bool {
	if s.names[[2]string{recv, name}] {
		return true
	}
	for _, e := range s.embeds[recv] {
		if s.has(e, name) {
			return true
		}
	}
	return false
}

func (s *symbols) add(f *ast.File) {
	for _, decl := range f.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			s.names[[2]string{receiver(decl), decl.Name.Name}] = true
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				s.addSpec(spec)
			}
		}
	}
}

func (s *symbols) addSpec(spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, n := range spec.Names {
			s.names[[2]string{"", n.Name}] = true
		}
	case *ast.TypeSpec:
		s.names[[2]string{"", spec.Name.Name}] = true
		_, fields := members(spec.Type)
		for _, f := range fields {
			s.addField(spec.Name.Name, f)
		}
	}
}

func (s *symbols) addField(typ string, f *ast.Field) {
	for _, n := range f.Names {
		s.names[[2]string{typ, n.Name}] = true
	}
	if len(f.Names) > 0 {
		return
	}
	name := baseType(f.Type)
	s.names[[2]string{typ, name}] = true
	if name != typ {
		s.embeds[typ] = append(s.embeds[typ], name)
	}
}

// members returns the fields of a struct or the methods of an interface, and
// what such a member is called; nothing for another type.
func members(typ ast.Expr) (kind string, fields []*ast.Field) {
	switch typ := typ.(type) {
	case *ast.StructType:
		return "field", typ.Fields.List
	case *ast.InterfaceType:
		return "method", typ.Methods.List
	}
	return "", nil
}

// receiver returns the name of a method's receiver type, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	return baseType(f.Recv.List[0].Type)
}

// baseType returns the name of a type without pointer and type arguments; ""
// if it has none in this package.
func baseType(typ ast.Expr) string {
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.SelectorExpr:
			return x.Sel.Name
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// HasSymbol reports whether the core has what a name like "quiesce.App.Main" or
// "sigmux.Die" says: a package by its own name, a symbol, perhaps a member.
func (t *Tree) HasSymbol(name string) bool {
	pkg, rest, _ := strings.Cut(name, ".")
	typ, member, isMember := strings.Cut(rest, ".")
	s := newSymbols()
	for _, p := range t.core() {
		for _, f := range p.source() {
			if f.Syntax.Name.Name == pkg {
				s.add(f.Syntax)
			}
		}
	}
	if isMember {
		return s.has(typ, member)
	}
	return s.has("", typ)
}
