// SPDX-License-Identifier: Apache-2.0

package signals

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// alias notes what else a variable is called where it is used: what it is assigned to,
// the parameter that it becomes, the function that returns it.
func (p *Package) alias(u use) {
	if other := p.becomes(u); other != nil {
		p.same(u.v, other)
	}
}

func (p *Package) becomes(u use) types.Object {
	kind, i := u.at.ParentEdge()
	switch parent := u.at.Parent().Node().(type) {
	case *ast.AssignStmt:
		if kind == edge.AssignStmt_Rhs && len(parent.Lhs) == len(parent.Rhs) {
			return p.variable(parent.Lhs[i])
		}
	case *ast.ValueSpec:
		if kind == edge.ValueSpec_Values && len(parent.Names) == len(parent.Values) {
			return p.variable(parent.Names[i])
		}
	case *ast.KeyValueExpr:
		if kind == edge.KeyValueExpr_Value {
			return p.variable(parent.Key)
		}
	case *ast.CompositeLit:
		if st := structOf(p.pass.TypesInfo.TypeOf(parent)); st != nil && kind == edge.CompositeLit_Elts && i < st.NumFields() {
			return st.Field(i).Origin()
		}
	case *ast.CallExpr:
		if kind == edge.CallExpr_Args {
			return p.parameter(parent, i)
		}
	case *ast.ReturnStmt:
		return p.returned(u.at)
	}
	return nil
}

// variable returns the variable or field that is assigned to, nil for others.
func (p *Package) variable(e ast.Expr) types.Object {
	if v, ok := p.object(e).(*types.Var); ok && isSignalChan(v.Type()) {
		return v
	}
	return nil
}

// parameter returns the parameter that an argument becomes in a function of this
// package.
func (p *Package) parameter(call *ast.CallExpr, i int) types.Object {
	if lit := p.literal(call); lit != nil {
		sig, ok := p.pass.TypesInfo.TypeOf(lit).(*types.Signature)
		return paramAt(sig, i, ok)
	}
	if fn := p.callee(call); fn != nil && p.decls[fn].Valid() {
		return paramAt(fn.Signature(), i, true)
	}
	return nil
}

func paramAt(sig *types.Signature, i int, ok bool) types.Object {
	if !ok || i >= sig.Params().Len() || !isSignalChan(sig.Params().At(i).Type()) {
		return nil
	}
	return sig.Params().At(i)
}

// callee returns the function or method that a call names.
func (p *Package) callee(call *ast.CallExpr) *types.Func {
	fn, _ := typeutil.Callee(p.pass.TypesInfo, call).(*types.Func)
	if fn == nil {
		return nil
	}
	return fn.Origin()
}

// literal returns the function literal that is called, itself or by the one name that
// it has.
func (p *Package) literal(call *ast.CallExpr) *ast.FuncLit {
	fun := ast.Unparen(call.Fun)
	if lit, ok := fun.(*ast.FuncLit); ok {
		return lit
	}
	if obj := p.object(fun); obj != nil && len(p.sources[obj]) == 1 {
		return p.literals[obj]
	}
	return nil
}

// returned returns the function whose only result is returned at a statement.
func (p *Package) returned(at inspector.Cursor) types.Object {
	for outer := range at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		decl, ok := outer.Node().(*ast.FuncDecl)
		if !ok {
			return nil
		}
		if fn, ok := p.pass.TypesInfo.Defs[decl.Name].(*types.Func); ok && returnsChannel(fn) {
			return fn
		}
		return nil
	}
	return nil
}

// used notes what is done with a channel where it is named.
func (p *Package) used(u use) {
	c := p.of(u.v)
	kind, _ := u.at.ParentEdge()
	switch parent := u.at.Parent().Node().(type) {
	case *ast.UnaryExpr:
		if parent.Op == token.ARROW {
			c.Receives = append(c.Receives, u.at.Parent())
		} else {
			c.Escapes, c.Unknown = true, true
		}
	case *ast.RangeStmt:
		c.Receives = append(c.Receives, u.at.Parent())
	case *ast.SendStmt:
		if kind == edge.SendStmt_Chan {
			c.Sends = append(c.Sends, u.at.Parent())
		} else {
			c.Escapes = true
		}
	case *ast.CallExpr:
		p.given(c, u, parent)
	case *ast.Field:
		p.declared(c, u)
	case *ast.BinaryExpr: // compared with nil
	case *ast.AssignStmt:
		p.assigned(c, kind == edge.AssignStmt_Rhs, u, parent)
	case *ast.ValueSpec:
		p.global(c, u.v)
	case *ast.KeyValueExpr:
		p.global(c, u.v)
		c.Escapes = c.Escapes || kind == edge.KeyValueExpr_Value && p.becomes(u) == nil
	default:
		c.Escapes = c.Escapes || p.becomes(u) == nil
	}
	p.global(c, u.v)
}

// assigned looks at x = c.
func (p *Package) assigned(c *Channel, right bool, u use, stmt *ast.AssignStmt) {
	if !right || p.becomes(u) != nil {
		return
	}
	_, i := u.at.ParentEdge()
	if id, ok := stmt.Lhs[min(i, len(stmt.Lhs)-1)].(*ast.Ident); !ok || id.Name != "_" {
		c.Escapes = true
	}
}

// given looks at f(c).
func (p *Package) given(c *Channel, u use, call *ast.CallExpr) {
	switch {
	case code.IsBuiltin(p.pass.TypesInfo, call, "close"):
		c.Closes = append(c.Closes, u.at.Parent())
	case code.IsBuiltin(p.pass.TypesInfo, call, "len"), code.IsBuiltin(p.pass.TypesInfo, call, "cap"):
	case p.op(call) != "": // collectCalls has it
	case p.helperOf(call) != nil: // so it has this
	case p.becomes(u) == nil:
		c.Escapes = true
	}
}

// declared looks at the declaration of a parameter or field.
func (p *Package) declared(c *Channel, u use) {
	for outer := range u.at.Enclosing((*ast.FuncType)(nil), (*ast.StructType)(nil)) {
		if decl, ok := outer.Parent().Node().(*ast.FuncDecl); ok {
			c.Unknown = c.Unknown || decl.Name.IsExported() && p.pass.Pkg.Name() != "main"
			return
		}
		if lit, ok := outer.Parent().Node().(*ast.FuncLit); ok {
			c.Unknown = c.Unknown || !p.calledHere(outer.Parent(), lit)
		}
		return
	}
}

// calledHere reports whether a literal is called where it is written or by its name.
func (p *Package) calledHere(at inspector.Cursor, lit *ast.FuncLit) bool {
	if kind, _ := at.ParentEdge(); kind == edge.CallExpr_Fun {
		return true
	}
	for _, named := range p.literals {
		if named == lit {
			return true
		}
	}
	return false
}

// global notes that a variable can be reached from other packages.
func (p *Package) global(c *Channel, v *types.Var) {
	foreign := v.Pkg() != p.pass.Pkg
	open := v.Exported() && (v.IsField() || v.Kind() == types.PackageVar) && p.pass.Pkg.Name() != "main"
	if foreign || open {
		c.Escapes, c.Unknown = true, true
	}
}
