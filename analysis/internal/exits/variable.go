// SPDX-License-Identifier: Apache-2.0

package exits

import (
	"go/ast"
	"go/types"
	"sync"

	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// definition returns the expression that a local variable gets its only value from, nil if
// it is not just one: for "a, b := f()" the call is the one of both.
func (k *Knowledge) definition(obj types.Object) ast.Expr {
	if values := k.values(obj); len(values) > 0 {
		return values[0]
	}
	return nil
}

// values returns all that a local variable, or a field that holds a function or an
// [io.Closer], is set to in the package.
func (k *Knowledge) values(obj types.Object) []ast.Expr {
	if obj == nil || obj.Pkg() != k.pass.Pkg {
		return nil
	}
	return k.set()[obj]
}

// allSet goes over the package once for all that ask.
func (k *Knowledge) allSet() map[types.Object][]ast.Expr {
	set := map[types.Object][]ast.Expr{}
	add := func(lhs, rhs ast.Expr, field bool) {
		v, ok := code.ObjectOf(k.pass.TypesInfo, lhs).(*types.Var)
		if !ok || field && !v.IsField() || code.IsTest(k.pass.Fset, lhs.Pos()) {
			return
		}
		rhs = ast.Unparen(rhs)
		_, made := rhs.(*ast.CallExpr)
		if isFunc(v.Type()) || made && !v.IsField() || v.IsField() && code.IsNamed(v.Type(), "io.Closer") {
			set[v] = append(set[v], rhs)
		}
	}
	in := k.pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)
	for cur := range in.Root().Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.KeyValueExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				add(lhs, n.Rhs[min(i, len(n.Rhs)-1)], false)
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if len(n.Values) > 0 {
					add(name, n.Values[min(i, len(n.Values)-1)], false)
				}
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok {
				add(key, n.Value, true)
			}
		}
	}
	return set
}

// Answers are what [Knowledge.Exit] says of variables and methods that no fact is about.
// They are kept once all functions of the package are known.
type answers struct {
	final bool
	of    sync.Map // of types.Object: an answer
}

type answer struct {
	exit Exit
	ok   bool
}

func (a *answers) ask(obj types.Object, find func() (Exit, bool)) (Exit, bool) {
	if known, ok := a.of.Load(obj); ok {
		return known.(answer).exit, known.(answer).ok
	}
	e, ok := find()
	if a.final {
		a.of.Store(obj, answer{e, ok})
	}
	return e, ok
}

// ofVariable reports whether a local variable or a field is only set to functions that end
// the process: a helper within main, or what tests replace os.Exit by.
func (k *Knowledge) ofVariable(v *types.Var) (Exit, bool) {
	if !isFunc(v.Type()) || v.Parent() == k.pass.Pkg.Scope() || k.visiting[v] {
		return Exit{}, false
	}
	if k.visiting != nil {
		k.visiting[v] = true
		return k.allExit(k.values(v))
	}
	return k.answers.ask(v, func() (Exit, bool) {
		inner := *k
		inner.visiting = map[types.Object]bool{v: true} // it may call itself
		return inner.allExit(k.values(v))
	})
}

func (k *Knowledge) allExit(values []ast.Expr) (out Exit, ok bool) {
	for _, value := range values {
		if out, ok = k.value(value); !ok {
			return Exit{}, false
		}
	}
	return out, ok
}

// value reports whether an expression is a function that ends the process.
func (k *Knowledge) value(e ast.Expr) (Exit, bool) {
	switch e := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		return k.funcExits(e.Type, e.Body)
	case *ast.Ident, *ast.SelectorExpr:
		return k.Exit(&ast.CallExpr{Fun: e})
	}
	return Exit{}, false
}
