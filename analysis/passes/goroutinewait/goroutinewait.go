// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	_ "embed"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

//go:embed doc.go
var doc string

// Analyzer reports a stop that closes what its goroutine still uses.
var Analyzer = check.New(doc, run, chans.Analyzer)

func run(pass *check.Pass) (any, error) {
	info := pass.ResultOf[chans.Analyzer].(*chans.Info)
	if len(info.Funcs.Starts) == 0 {
		return nil, nil
	}
	f := &finder{Pass: pass, chans: info, reached: map[inspector.Cursor][]reach{}, unheard: map[inspector.Cursor]bool{}, said: map[ast.Node]bool{}}
	for _, start := range info.Funcs.Starts {
		if code.IsTest(pass.Fset, start.Go.Node().Pos()) {
			continue
		}
		f.untold(start)
		if lit, ok := start.Body.Node().(*ast.FuncLit); ok {
			f.counted(lit)
			f.lastValues(start)
			f.cleansAfterCancel(start)
		}
	}
	for cur := range pass.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		if decl.Recv == nil || decl.Body == nil || code.IsTest(pass.Fset, decl.Pos()) {
			continue
		}
		s := f.stop(cur)
		if len(s.signals) == 0 && len(s.sockets) == 0 {
			continue
		}
		f.closesWhatIsUsed(s)
		if stops(decl.Name.Name) {
			f.lastWork(s)
		}
	}
	for _, start := range info.Funcs.Starts {
		if !code.IsTest(pass.Fset, start.Go.Node().Pos()) {
			f.lateResults(start)
			f.closesAtReturn(start)
			f.responses(start)
		}
	}
	for cur := range pass.Inspect.Root().Preorder((*ast.GoStmt)(nil)) {
		if !code.IsTest(pass.Fset, cur.Node().Pos()) {
			f.stopsNil(cur)
			f.readsPipe(cur)
		}
	}
	f.connections()
	f.closedAfterWait()
	f.beside()
	return nil, nil
}

// stops reports whether a method is one that stops its object, by its name.
func stops(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"close", "stop", "shutdown", "shut", "halt", "terminate", "teardown", "destroy", "dispose"} {
		if strings.HasPrefix(name, word) {
			return true
		}
	}
	return false
}

type finder struct {
	*check.Pass
	chans *chans.Info

	reached map[inspector.Cursor][]reach
	unheard map[inspector.Cursor]bool // the go statements of goroutines that are reported
	said    map[ast.Node]bool         // what is reported
}

// Reportf reports a node, once: more than one rule may find the same goroutine.
func (f *finder) Reportf(n ast.Node, format string, args ...any) {
	if !f.said[n] {
		f.said[n] = true
		f.Pass.Reportf(n, format, args...)
	}
}

func typeOf(info *types.Info, e ast.Expr) types.Type {
	if t := info.TypeOf(e); t != nil {
		return t
	}
	return types.Typ[types.Invalid]
}

func fieldOf(info *types.Info, e ast.Expr) *types.Var {
	if _, ok := ast.Unparen(e).(*ast.SelectorExpr); !ok {
		return nil
	}
	v, _ := code.ObjectOf(info, e).(*types.Var)
	if v == nil || !v.IsField() {
		return nil
	}
	return v.Origin()
}
