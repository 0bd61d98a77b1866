// SPDX-License-Identifier: Apache-2.0

package chans

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A spawner is a parameter that its function runs as a goroutine.
type spawner struct {
	fn *types.Func
	i  int
}

// spawned notes the calls of functions of the package that run a parameter as a goroutine:
// "func (s *server) async(f func()) { s.wg.Add(1); go func() { defer s.wg.Done(); f() }() }".
func (f *Funcs) spawned(starts, calls []inspector.Cursor) {
	within := map[spawner]inspector.Cursor{}
	for _, cur := range starts {
		if stmt, ok := cur.Node().(*ast.GoStmt); ok && len(calls) > 0 {
			f.spawners(cur, stmt, within)
		}
	}
	for _, cur := range calls {
		call := cur.Node().(*ast.CallExpr)
		fn := typeutil.StaticCallee(f.info, call)
		if fn == nil || len(within) == 0 {
			continue
		}
		for i, arg := range call.Args {
			in, ok := within[spawner{fn.Origin(), i}]
			if body := f.Value(arg); ok && body.Valid() {
				f.Starts = append(f.Starts, Start{Go: cur, Body: body, Within: in})
			}
		}
	}
}

// spawners notes the parameters of the function around a go statement that it calls,
// itself or in its literal.
func (f *Funcs) spawners(cur inspector.Cursor, stmt *ast.GoStmt, within map[spawner]inspector.Cursor) {
	decl := code.Declaration(cur)
	if !decl.Valid() {
		return
	}
	fn, ok := f.info.Defs[decl.Node().(*ast.FuncDecl).Name].(*types.Func)
	if !ok {
		return
	}
	for call := range cur.Preorder((*ast.CallExpr)(nil)) {
		id, ok := ast.Unparen(call.Node().(*ast.CallExpr).Fun).(*ast.Ident)
		if !ok {
			continue
		}
		for i := range fn.Signature().Params().Len() {
			if f.info.Uses[id] == fn.Signature().Params().At(i) {
				within[spawner{fn, i}] = f.Callee(stmt.Call)
			}
		}
	}
}

// givesFunc reports whether a call has a function as an argument.
func (f *Funcs) givesFunc(call *ast.CallExpr) bool {
	for _, arg := range call.Args {
		switch arg := arg.(type) {
		case *ast.FuncLit:
			return true
		case *ast.Ident, *ast.SelectorExpr:
			if t := f.info.TypeOf(arg); t != nil {
				if _, ok := t.Underlying().(*types.Signature); ok {
					return true
				}
			}
		}
	}
	return false
}
