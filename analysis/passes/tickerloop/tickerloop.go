// SPDX-License-Identifier: Apache-2.0

package tickerloop

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/gostmt"
)

//go:embed doc.go
var doc string

// Analyzer reports loops over a ticker that nothing can end.
var Analyzer = check.New(doc, run, chans.Analyzer)

// A loop waits for the next tick, and for nothing else.
type loop struct {
	at      inspector.Cursor
	channel ast.Expr     // as the loop names it
	ticker  types.Object // nil for time.Tick
}

func run(pass *check.Pass) (any, error) {
	if !code.Imports(pass.Pkg, "time") {
		return nil, nil
	}
	var starts map[inspector.Cursor]inspector.Cursor // by function
	for cur := range pass.Inspect.Root().Preorder((*ast.RangeStmt)(nil), (*ast.ForStmt)(nil)) {
		l, ok := tickLoop(pass, cur)
		if !ok || code.IsTest(pass.Fset, cur.Node().Pos()) || ends(cur) {
			continue
		}
		if starts == nil {
			starts = map[inspector.Cursor]inspector.Cursor{}
			for _, g := range gostmt.All(pass.TypesInfo, pass.Inspect) {
				starts[g.Func] = g.Start
			}
		}
		judge(pass, l, starts)
	}
	return nil, nil
}

// tickLoop recognises "for range t.C" and "for { <-t.C; … }".
func tickLoop(pass *check.Pass, cur inspector.Cursor) (loop, bool) {
	switch n := cur.Node().(type) {
	case *ast.RangeStmt:
		return ticks(pass, cur, n.X)
	case *ast.ForStmt:
		if n.Cond != nil || len(n.Body.List) == 0 {
			return loop{}, false
		}
		for _, s := range []ast.Stmt{n.Body.List[0], n.Body.List[len(n.Body.List)-1]} {
			if e, ok := s.(*ast.ExprStmt); ok {
				if recv, ok := ast.Unparen(e.X).(*ast.UnaryExpr); ok && recv.Op == token.ARROW {
					return ticks(pass, cur, recv.X)
				}
			}
		}
	}
	return loop{}, false
}

func ticks(pass *check.Pass, cur inspector.Cursor, channel ast.Expr) (loop, bool) {
	switch ch := ast.Unparen(channel).(type) {
	case *ast.CallExpr:
		_, ranges := cur.Node().(*ast.RangeStmt) // a new one each turn, otherwise
		return loop{cur, ch, nil}, ranges && code.IsCall(pass.TypesInfo, ch, "time.Tick")
	case *ast.SelectorExpr:
		if t := pass.TypesInfo.TypeOf(ch.X); t != nil && code.IsNamed(t, "time.Ticker") && ch.Sel.Name == "C" {
			return loop{cur, ch, code.ObjectOf(pass.TypesInfo, ch.X)}, true
		}
	}
	return loop{}, false
}

// ends reports whether something in a loop leaves it.
func ends(cur inspector.Cursor) bool {
	body := code.LoopBody(cur.Node())
	for c := range cur.Preorder((*ast.ReturnStmt)(nil), (*ast.BranchStmt)(nil), (*ast.CallExpr)(nil)) {
		if fn, _ := code.Enclosing(c); !fn.Contains(cur) {
			continue // in a literal
		}
		switch n := c.Node().(type) {
		case *ast.ReturnStmt:
			return true
		case *ast.BranchStmt:
			if n.Tok == token.GOTO || n.Tok == token.BREAK && (n.Label != nil || code.BreakTarget(c) == cur) {
				return true
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "panic" && n.Pos() > body.Pos() {
				return true
			}
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Goexit" || sel.Sel.Name == "Exit") {
				return true
			}
		}
	}
	return false
}

// judge reports a loop if something else means to end it.
func judge(pass *check.Pass, l loop, starts map[inspector.Cursor]inspector.Cursor) {
	fn, _ := code.Enclosing(l.at)
	if !fn.Valid() {
		return
	}
	start, started := starts[fn]
	outer := fn
	if _, lit := fn.Node().(*ast.FuncLit); lit && started {
		outer, _ = code.Enclosing(start)
	}
	if outer.Valid() && inEntry(pass, outer) {
		return
	}
	name := types.ExprString(l.channel)
	switch {
	case started && l.ticker != nil && stoppedElsewhere(pass, l.ticker, fn):
		pass.Reportf(l.channel, "the loop over %s never ends: Stop does not close the channel", name)
	case !code.IsMain(pass.Pass) && (hasContext(pass, fn) || hasContext(pass, outer) && usesContext(pass, fn)):
		pass.Reportf(l.channel, "the loop over %s goes on when the context is done", name)
	case started && !code.IsMain(pass.Pass) && waitsForContext(pass, start):
		pass.Reportf(l.channel, "the loop over %s goes on when the context of the function that starts it is done", name)
	case started:
		if owner := stopper(pass, outer); owner != "" {
			pass.Reportf(l.channel, "the loop over %s goes on after %s", name, owner)
		} else if made := constructs(pass, start); made != "" {
			pass.Reportf(l.channel, "the loop over %s has no end: each %s leaves a goroutine behind", name, made)
		}
	}
}

func inEntry(pass *check.Pass, fn inspector.Cursor) bool {
	decl := code.Declaration(fn)
	return decl.Valid() && code.IsEntry(pass.Pass, decl.Node())
}

// stoppedElsewhere reports whether a function other than the loop's own stops a ticker.
func stoppedElsewhere(pass *check.Pass, ticker types.Object, fn inspector.Cursor) bool {
	for c := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		if !code.IsCall(pass.TypesInfo, call, "(*time.Ticker).Stop") || fn.Contains(c) {
			continue
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && code.ObjectOf(pass.TypesInfo, sel.X) == ticker {
			return true
		}
	}
	return false
}

// hasContext reports whether a function has a context as parameter.
func hasContext(pass *check.Pass, fn inspector.Cursor) bool {
	params := code.FuncType(fn.Node()).Params
	for _, p := range params.List {
		if t := pass.TypesInfo.TypeOf(p.Type); code.IsNamed(t, "context.Context") && len(p.Names) > 0 && p.Names[0].Name != "_" {
			return true
		}
	}
	return false
}

// usesContext reports whether a function literal works with the context of the function
// around it.
func usesContext(pass *check.Pass, fn inspector.Cursor) bool {
	for id := range fn.Preorder((*ast.Ident)(nil)) {
		if t := pass.TypesInfo.TypeOf(id.Node().(*ast.Ident)); t != nil && code.IsNamed(t, "context.Context") {
			return true
		}
	}
	return false
}

// waitsForContext reports whether the function that starts a goroutine has a context, and
// waits for its end: it is done then, and the goroutine is not.
func waitsForContext(pass *check.Pass, start inspector.Cursor) bool {
	outer, ok := code.Enclosing(start)
	if !ok || !hasContext(pass, outer) {
		return false
	}
	for c := range outer.Preorder((*ast.UnaryExpr)(nil)) {
		recv := c.Node().(*ast.UnaryExpr)
		if code.Function(c) == outer && recv.Op == token.ARROW && code.IsCall(pass.TypesInfo, ast.Unparen(recv.X), "(context.Context).Done") {
			return true
		}
	}
	return false
}

// stopper returns how what a function belongs to is stopped: by a method of its
// receiver, or a channel in that, or by a method of what it returns.
func stopper(pass *check.Pass, fn inspector.Cursor) string {
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok {
		return ""
	}
	if decl.Recv != nil {
		t := pass.TypesInfo.TypeOf(decl.Recv.List[0].Type)
		if name := stopMethod(t); name != "" {
			return name
		}
		if field := pass.ResultOf[chans.Analyzer].(*chans.Info).StopOf(t); field != nil {
			return "the close of " + field.Name()
		}
		return ""
	}
	if decl.Type.Results == nil || len(decl.Type.Results.List) == 0 {
		return ""
	}
	return stopMethod(pass.TypesInfo.TypeOf(decl.Type.Results.List[0].Type))
}

// constructs returns the name of the type whose constructor has a go statement. A
// program's own, in package main, is made once.
func constructs(pass *check.Pass, start inspector.Cursor) string {
	fn, _ := code.Enclosing(start)
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok || decl.Recv != nil || !strings.HasPrefix(decl.Name.Name, "New") || code.IsMain(pass.Pass) || decl.Type.Results == nil {
		return ""
	}
	t := pass.TypesInfo.TypeOf(decl.Type.Results.List[0].Type)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() == pass.Pkg {
		return named.Obj().Name()
	}
	return ""
}

func stopMethod(t types.Type) string {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || types.IsInterface(named) {
		return ""
	}
	for m := range named.Methods() {
		switch m.Name() {
		case "Close", "Stop", "Shutdown", "close", "stop", "shutdown":
			return named.Obj().Name() + "." + m.Name()
		}
	}
	return ""
}
