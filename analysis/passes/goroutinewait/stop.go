// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A stop is what a method does to end the goroutines of its object, itself or through
// other methods of the object.
type stop struct {
	decl    inspector.Cursor
	signals []*types.Var // the fields of the channels that it closes, and of the cancel functions
	sockets []*types.Var // the fields of the listeners and connections that it closes
	closes  []*closeCall // the resources that it closes
	waits   bool         // for some goroutine
	vague   bool         // in a way that cannot be seen
	locks   bool
}

// A closeCall closes a resource that a field holds.
type closeCall struct {
	call  *ast.CallExpr
	field *types.Var
}

func (f *finder) stop(decl inspector.Cursor) *stop {
	name := decl.Node().(*ast.FuncDecl).Name.Name
	s := &stop{decl: decl, locks: strings.HasSuffix(name, "Locked")}
	for _, r := range f.reach(decl) {
		if r.call.Valid() && (!stops(name) || !f.ofObject(s, r.fn)) {
			continue
		}
		for cur := range own(r.fn, (*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil)) {
			f.read(s, cur)
		}
	}
	return s
}

// ofObject reports whether a function that a method calls is a plain one, a literal, or a
// method of the same type.
func (f *finder) ofObject(s *stop, fn inspector.Cursor) bool {
	decl, ok := fn.Node().(*ast.FuncDecl)
	return !ok || decl.Recv == nil || receiver(f.TypesInfo, decl) == receiver(f.TypesInfo, s.decl.Node().(*ast.FuncDecl))
}

// receiver is the name of the type that a method is of.
func receiver(info *types.Info, decl *ast.FuncDecl) *types.TypeName {
	t := typeOf(info, decl.Recv.List[0].Type)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Origin().Obj()
	}
	return nil
}

// read notes what a place of a stop does.
func (f *finder) read(s *stop, cur inspector.Cursor) {
	switch n := cur.Node().(type) {
	case *ast.UnaryExpr:
		s.waits = s.waits || n.Op == token.ARROW
	case *ast.RangeStmt:
		s.waits = s.waits || code.IsChan(typeOf(f.TypesInfo, n.X))
	case *ast.CallExpr:
		if v := f.signal(n); v != nil {
			s.signals = append(s.signals, v)
			return
		}
		if field := f.resource(n); field != nil {
			s.closes = append(s.closes, &closeCall{n, field})
			return
		}
		if field := f.socket(n); field != nil {
			s.sockets = append(s.sockets, field)
			return
		}
		f.awaits(s, n)
	}
}

// awaits notes whether a call of a stop waits, or takes a lock.
func (f *finder) awaits(s *stop, call *ast.CallExpr) {
	switch name := code.CallName(call); {
	case name == "lock", name == "rlock":
		s.locks = true
	case name == "wait" || name == "sleep":
		s.waits = true
	case strings.Contains(name, "wait"), strings.Contains(name, "join"), strings.Contains(name, "drain"), name == "do" && len(call.Args) == 1 && !isLit(call.Args[0]):
		if !f.chans.Funcs.Callee(call).Valid() {
			s.vague = true
		}
	}
}

func isLit(e ast.Expr) bool {
	_, ok := ast.Unparen(e).(*ast.FuncLit)
	return ok
}

// signal returns the field that a call closes, or that it calls as a cancel function.
func (f *finder) signal(call *ast.CallExpr) *types.Var {
	e := call.Fun
	if code.IsBuiltin(f.TypesInfo, call, "close") {
		e = call.Args[0]
	} else if !cancels(fieldOf(f.TypesInfo, e)) {
		return nil
	}
	return fieldOf(f.TypesInfo, e)
}

// cancels reports whether a field holds the cancel function of a context.
func cancels(field *types.Var) bool {
	if field == nil {
		return false
	}
	if code.IsNamed(field.Type(), "context.CancelFunc") {
		return true
	}
	sig, ok := field.Type().(*types.Signature)
	return ok && sig.Params().Len() == 0 && sig.Results().Len() == 0 && strings.Contains(strings.ToLower(field.Name()), "cancel")
}

// socket returns the field of a listener or connection that a call x.field.Close() closes.
func (f *finder) socket(call *ast.CallExpr) *types.Var {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Close" {
		return nil
	}
	field := fieldOf(f.TypesInfo, sel.X)
	if field == nil || !hasMethod(field.Type(), "Accept") && !hasMethod(field.Type(), "SetReadDeadline") {
		return nil
	}
	return field
}

func hasMethod(t types.Type, name string) bool {
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
	_, ok := obj.(*types.Func)
	return ok
}

// resource returns the field that a call x.field.Close() closes, if a goroutine that uses
// it does not end by that.
func (f *finder) resource(call *ast.CallExpr) *types.Var {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Close" {
		return nil
	}
	field := fieldOf(f.TypesInfo, sel.X)
	if field == nil || !f.breaks(field.Type(), 2) {
		return nil
	}
	return field
}

// breaks reports whether what uses a value of a type after its Close fails or crashes,
// and is not meant to: files, databases and stores, and types of the package whose Close
// closes one of these.
func (f *finder) breaks(t types.Type, depth int) bool {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return false
	}
	if n.Obj().Pkg() == f.Pkg && !types.IsInterface(n) {
		return depth > 0 && f.closesWhatBreaks(n, depth-1)
	}
	switch path, name := n.Obj().Pkg().Path(), n.Obj().Name(); {
	case path == "os" && name == "File", path == "database/sql", path == "bufio", strings.HasPrefix(path, "compress/"):
		return true
	default:
		return slices.ContainsFunc([]string{"bbolt", "bolt", "badger", "leveldb", "pebble", "sqlite", "sqlx", "gorm"}, func(s string) bool {
			return strings.Contains(path, s)
		}) || slices.ContainsFunc([]string{"DB", "Database", "Store", "Storage", "WAL", "Journal", "Index", "Repository", "Writer", "Consumer", "ConsumerGroup", "Producer"}, func(s string) bool { return strings.HasSuffix(name, s) })
	}
}

// closesWhatBreaks reports whether the Close of a type of the package closes a field, or
// is that of an embedded one, that breaks.
func (f *finder) closesWhatBreaks(n *types.Named, depth int) bool {
	obj, _, _ := types.LookupFieldOrMethod(n, true, f.Pkg, "Close")
	fn, ok := obj.(*types.Func)
	if !ok {
		return false
	}
	decl := f.chans.Funcs.Decl(fn)
	if !decl.Valid() {
		recv := fn.Signature().Recv()
		return recv != nil && f.breaks(recv.Type(), depth)
	}
	for cur := range own(decl, (*ast.CallExpr)(nil)) {
		sel, ok := ast.Unparen(cur.Node().(*ast.CallExpr).Fun).(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != "Close" {
			continue
		}
		if field := fieldOf(f.TypesInfo, sel.X); field != nil && f.breaks(field.Type(), depth) {
			return true
		}
	}
	return false
}

// awaited reports whether a stop waits for a goroutine, as far as can be seen.
func (f *finder) awaited(s *stop, start chans.Start) bool {
	return s.vague || s.waits && f.tells(start)
}

// closesWhatIsUsed looks for the goroutines that a stop ends, does not wait for, and that
// use what the stop closes.
func (f *finder) closesWhatIsUsed(s *stop) {
	if len(s.closes) == 0 {
		return
	}
	for _, start := range f.chans.Funcs.Starts {
		if f.unheard[start.Go] || start.Body == s.decl || f.awaited(s, start) || f.callsBack(start, s) {
			continue
		}
		handler := f.ofListener(start, s)
		if !handler && !f.hears(start, s) {
			continue
		}
		for _, c := range s.closes {
			if f.uses(start.Body, c.field, s.locks, handler) {
				f.unheard[start.Go] = true
				f.Reportf(start.Go.Node(), "%s closes %s at line %d without waiting for this goroutine, which may still use it",
					s.decl.Node().(*ast.FuncDecl).Name.Name, types.ExprString(code.Receiver(c.call)), f.Fset.Position(c.call.Pos()).Line)
				break
			}
		}
	}
}

// ofListener reports whether a goroutine is one that a goroutine which accepts from what
// the stop closes starts for each connection.
func (f *finder) ofListener(start chans.Start, s *stop) bool {
	if len(s.sockets) == 0 || !code.InLoop(start.Go) {
		return false
	}
	outer := code.Function(start.Go)
	for _, cur := range f.chans.Funcs.StartsOf(outer) {
		if f.hears(cur, s) {
			return true
		}
	}
	for _, call := range f.chans.Funcs.Calls(outer) {
		for _, cur := range f.chans.Funcs.StartsOf(code.Function(call)) {
			if f.hears(cur, s) {
				return true
			}
		}
	}
	return false
}

// callsBack reports whether a goroutine calls the method itself: it has the last word.
func (f *finder) callsBack(start chans.Start, s *stop) bool {
	return slices.ContainsFunc(f.reach(start.Body), func(r reach) bool { return r.fn == s.decl })
}

// uses reports whether a goroutine uses a field in its loop, or after it, or anywhere, for
// more than to close it or to see whether it is there. A use under a lock does not count
// if the stop takes one as well.
func (f *finder) uses(body inspector.Cursor, field *types.Var, locks, anywhere bool) bool {
	all := f.reach(body)
	under, late := make([]guard, len(all)), make([]bool, len(all)) // where the function is called
	late[0] = anywhere
	for i, r := range all {
		if r.call.Valid() {
			under[i] = under[r.from].and(f.guard(all[r.from].fn, r.call.Node().Pos()))
			late[i] = late[r.from] || isLate(r.call, all[r.from].fn)
		}
		for cur := range own(r.fn, (*ast.SelectorExpr)(nil)) {
			if fieldOf(f.TypesInfo, cur.Node().(ast.Expr)) != field || !late[i] && !isLate(cur, r.fn) || !isUse(cur) {
				continue
			}
			if g := under[i].and(f.guard(r.fn, cur.Node().Pos())); !locks || !g.held || !g.looked {
				return true
			}
		}
	}
	return false
}

// A guard is what keeps a use of a resource from coming after its Close: a lock that is
// held, and a look at something under it.
type guard struct{ held, looked bool }

func (g guard) and(inner guard) guard { return guard{g.held || inner.held, g.looked || inner.looked} }

// guard returns what a function has done before a place: as the text has it.
func (f *finder) guard(fn inspector.Cursor, pos token.Pos) (g guard) {
	for cur := range own(fn, (*ast.CallExpr)(nil), (*ast.IfStmt)(nil)) {
		if cur.Node().Pos() >= pos {
			break
		}
		call, ok := cur.Node().(*ast.CallExpr)
		if !ok {
			g.looked = true
			continue
		}
		switch code.CallName(call) {
		case "lock", "rlock":
			g = guard{held: true}
		case "unlock", "runlock":
			if _, deferred := cur.Parent().Node().(*ast.DeferStmt); !deferred {
				g.held = false
			}
		}
	}
	return g
}

// isLate reports whether a place in a function is in a loop, after one, or deferred.
func isLate(at, fn inspector.Cursor) bool {
	for up := range at.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.DeferStmt)(nil)) {
		return fn.Contains(up)
	}
	for loop := range own(fn, (*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
		return loop.Node().End() < at.Node().Pos()
	}
	return false
}

// isUse reports whether a mention of a field is a use of what it holds.
func isUse(cur inspector.Cursor) bool {
	switch up := cur.Parent().Node().(type) {
	case *ast.SelectorExpr:
		return up.Sel.Name != "Close"
	case *ast.CallExpr:
		return true
	}
	return false
}

// together reports whether the object that is stopped has both the context and what
// cancels it as fields of its own.
func (f *finder) together(s *stop, ctx, signal *types.Var) bool {
	t := typeOf(f.TypesInfo, s.decl.Node().(*ast.FuncDecl).Recv.List[0].Type)
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
	return has(ctx) && has(signal)
}
