// SPDX-License-Identifier: Apache-2.0

package exits

import (
	"go/ast"
	"go/token"
	"go/types"
)

// asks reports whether a function begins with a look at the error that it is given.
func (k *Knowledge) asks(decl *ast.FuncDecl) bool {
	param := errorParam(k.pass.TypesInfo, decl.Type)
	if param == nil || len(decl.Body.List) == 0 {
		return false
	}
	first, ok := decl.Body.List[0].(*ast.IfStmt)
	return ok && k.comparesNil(first.Cond, param) != token.ILLEGAL
}

// errorParam returns the only parameter that is an error, nil if there is none.
func errorParam(info *types.Info, typ *ast.FuncType) (param types.Object) {
	for _, field := range typ.Params.List {
		for _, name := range field.Names {
			obj := info.Defs[name]
			if obj == nil || obj.Type().String() != "error" {
				continue
			}
			if param != nil {
				return nil
			}
			param = obj
		}
	}
	return param
}

// exitsIfSet reports whether a function body ends the process if the error is not nil:
// "if err != nil { exit }" among its own statements, or "if err == nil { return }"
// before an exit.
func (k *Knowledge) exitsIfSet(body *ast.BlockStmt, err types.Object) bool {
	for i, s := range body.List {
		cond, ok := s.(*ast.IfStmt)
		if !ok {
			if _, leaves := s.(*ast.ReturnStmt); leaves {
				return false
			}
			continue
		}
		switch k.comparesNil(cond.Cond, err) {
		case token.NEQ:
			return k.anyExits(cond.Body.List) && !returns(cond.Body)
		case token.EQL:
			rest := &ast.BlockStmt{List: body.List[i+1:]}
			return k.anyExits(rest.List) && !returns(rest)
		}
	}
	return false
}

// comparesNil returns the operator of "err != nil" and "err == nil". Errors that a
// condition leaves out besides do not matter.
func (k *Knowledge) comparesNil(cond ast.Expr, err types.Object) token.Token {
	cmp, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok {
		return token.ILLEGAL
	}
	if cmp.Op == token.LAND && k.comparesNil(cmp.X, err) == token.NEQ {
		return token.NEQ
	}
	id, ok := ast.Unparen(cmp.X).(*ast.Ident)
	if !ok || k.pass.TypesInfo.Uses[id] != err || !k.pass.TypesInfo.Types[cmp.Y].IsNil() {
		return token.ILLEGAL
	}
	return cmp.Op
}
