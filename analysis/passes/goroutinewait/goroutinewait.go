// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
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

// A stop is a method that asks a goroutine of its object to end.
type stop struct {
	decl   *ast.FuncDecl
	signal *types.Var   // the field of the channel that it closes, or of the cancel function
	closes []*closeCall // resources closed after that
}

// A closeCall closes a resource that a field holds.
type closeCall struct {
	call  *ast.CallExpr
	field *types.Var
}

func run(pass *check.Pass) (any, error) {
	info := pass.ResultOf[chans.Analyzer].(*chans.Info)
	if len(info.Funcs.Starts) == 0 {
		return nil, nil
	}
	for _, start := range info.Funcs.Starts {
		(&finder{Pass: pass, chans: info}).untold(start)
		if lit, ok := start.Body.Node().(*ast.FuncLit); ok && !code.IsTest(pass.Fset, lit.Pos()) {
			counted(pass, lit)
			f := &finder{Pass: pass, chans: info}
			f.lastValues(start)
			f.cleansAfterCancel(start)
		}
	}
	for cur := range pass.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		if decl.Recv == nil || decl.Body == nil || !stops(decl.Name.Name) || code.IsTest(pass.Fset, decl.Pos()) {
			continue
		}
		f := finder{Pass: pass, chans: info}
		if waits(pass.TypesInfo, cur) {
			continue
		}
		if s := f.stop(decl); s == nil || !f.check(s) {
			f.lastWork(decl)
		}
	}
	return nil, nil
}

func stops(name string) bool {
	switch name {
	case "Close", "Stop", "Shutdown", "close", "stop", "shutdown":
		return true
	}
	return false
}

type finder struct {
	*check.Pass
	chans *chans.Info
}

// stop reads a method: first the word to the goroutine, then the resources.
func (f *finder) stop(decl *ast.FuncDecl) *stop {
	s := &stop{decl: decl}
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt, *ast.GoStmt:
			return false
		case *ast.CallExpr:
			switch {
			case s.signal == nil:
				s.signal = f.signal(n)
			default:
				if field := f.resource(n); field != nil {
					s.closes = append(s.closes, &closeCall{n, field})
				}
			}
		}
		return true
	})
	if s.signal == nil || len(s.closes) == 0 {
		return nil
	}
	return s
}

// signal returns the field that a call closes, or that it calls as a cancel function.
func (f *finder) signal(call *ast.CallExpr) *types.Var {
	e := call.Fun
	if code.IsBuiltin(f.TypesInfo, call, "close") {
		e = call.Args[0]
	} else if !code.IsNamed(typeOf(f.TypesInfo, e), "context.CancelFunc") {
		return nil
	}
	return fieldOf(f.TypesInfo, e)
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

// resource returns the field that a call x.field.Close() closes, if a goroutine that uses
// it does not end by that.
func (f *finder) resource(call *ast.CallExpr) *types.Var {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Close" {
		return nil
	}
	field := fieldOf(f.TypesInfo, sel.X)
	if field == nil || !breaks(field.Type()) {
		return nil
	}
	return field
}

// breaks reports whether what uses a value of a type after its Close fails or crashes,
// and is not meant to: files, databases and stores.
func breaks(t types.Type) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return false
	}
	switch path, name := n.Obj().Pkg().Path(), n.Obj().Name(); {
	case path == "os" && name == "File", path == "database/sql", path == "bufio", strings.HasPrefix(path, "compress/"):
		return true
	default:
		return slices.ContainsFunc([]string{"bbolt", "bolt", "badger", "leveldb", "pebble", "sqlite", "sqlx", "gorm"}, func(s string) bool {
			return strings.Contains(path, s)
		}) || strings.HasSuffix(name, "DB") || strings.HasSuffix(name, "Store") || strings.HasSuffix(name, "Storage")
	}
}

// waits reports whether a function waits for something, or holds a lock while it stops.
func waits(info *types.Info, fn inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				return true
			}
		case *ast.CallExpr:
			if code.IsCall(info, n, "(*time.Ticker).Stop", "(*time.Timer).Stop") {
				continue
			}
			name := strings.ToLower(types.ExprString(n.Fun))
			if i := strings.LastIndex(name, "."); i >= 0 {
				name = name[i+1:]
			}
			for _, s := range []string{"wait", "join", "lock", "stop", "shutdown", "drain", "sleep"} {
				if strings.Contains(name, s) {
					return true
				}
			}
		}
	}
	return false
}

// check looks for a goroutine that the signal ends and that uses a resource.
func (f *finder) check(s *stop) bool {
	for _, start := range f.chans.Funcs.Starts {
		if !f.hears(start, s) || waitsForLock(start.Body) {
			continue
		}
		for _, c := range s.closes {
			if f.uses(start.Body, c.field) {
				f.Reportf(c.call, "%s closes %s without waiting for the goroutine of line %d, which may still use it",
					s.decl.Name.Name, types.ExprString(code.Receiver(c.call)), f.Fset.Position(start.Go.Node().Pos()).Line)
				return true
			}
		}
	}
	return false
}

// hears reports whether a goroutine has a loop with a receive from the field that the
// stop closes, or from a context that is a field of the same object as its cancel, or
// that is made where this is kept.
func (f *finder) hears(start chans.Start, s *stop) bool {
	body := start.Body
	for cur := range body.Preorder((*ast.UnaryExpr)(nil)) {
		u := cur.Node().(*ast.UnaryExpr)
		if u.Op != token.ARROW || !looped(cur, body) {
			continue
		}
		if fieldOf(f.TypesInfo, u.X) == s.signal {
			return true
		}
		call, ok := ast.Unparen(u.X).(*ast.CallExpr)
		if !ok || !code.IsCall(f.TypesInfo, call, "(context.Context).Done") {
			continue
		}
		ctx := code.Receiver(call)
		if field := fieldOf(f.TypesInfo, ctx); field != nil && code.IsNamed(s.signal.Type(), "context.CancelFunc") && f.together(s, field) {
			return true
		}
		if f.endedBy(start, ctx, s.signal) {
			return true
		}
	}
	return false
}

// together reports whether the object that is stopped has both the context and what
// cancels it as fields of its own.
func (f *finder) together(s *stop, ctx *types.Var) bool {
	t := typeOf(f.TypesInfo, s.decl.Recv.List[0].Type)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	object, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	has := func(v *types.Var) bool {
		for field := range object.Fields() {
			if field.Origin() == v {
				return true
			}
		}
		return false
	}
	return has(ctx) && has(s.signal)
}

func looped(at, body inspector.Cursor) bool {
	for loop := range at.Enclosing((*ast.ForStmt)(nil)) {
		return body.Contains(loop)
	}
	return false
}

func waitsForLock(fn inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.SelectorExpr)(nil)) {
		if name := cur.Node().(*ast.SelectorExpr).Sel.Name; name == "Lock" || name == "RLock" || name == "recover" {
			return true
		}
	}
	return false
}

// uses reports whether a goroutine's loop calls a method of the resource, itself or
// through a function of the package that it calls.
func (f *finder) uses(body inspector.Cursor, field *types.Var) bool {
	if f.direct(body, field) {
		return true
	}
	for cur := range body.Preorder((*ast.CallExpr)(nil)) {
		if callee := f.chans.Funcs.Callee(cur.Node().(*ast.CallExpr)); callee.Valid() && !waitsForLock(callee) && f.direct(callee, field) {
			return true
		}
	}
	return false
}

func (f *finder) direct(body inspector.Cursor, field *types.Var) bool {
	for cur := range body.Preorder((*ast.CallExpr)(nil)) {
		sel, ok := ast.Unparen(cur.Node().(*ast.CallExpr).Fun).(*ast.SelectorExpr)
		if ok && sel.Sel.Name != "Close" && fieldOf(f.TypesInfo, sel.X) == field {
			return true
		}
	}
	return false
}
