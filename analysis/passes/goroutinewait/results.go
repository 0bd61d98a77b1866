// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A collector is a goroutine that goes over a channel and keeps what comes from it in
// variables that others read, and that has no way to tell that it has seen the last.
type collector struct {
	start chans.Start
	stmt  *ast.GoStmt
	from  map[types.Object]bool // the channels
	into  map[types.Object]bool // the variables and fields
}

// lateResults reports a goroutine that collects what comes from a channel where the
// results are read after the channel is closed, or when all who send are done: the last
// value has then been received at best, and is not among the results.
func (f *finder) lateResults(start chans.Start) {
	stmt, ok := start.Go.Node().(*ast.GoStmt)
	if !ok || f.unheard[start.Go] || f.tells(start) {
		return
	}
	c := &collector{start: start, stmt: stmt, from: map[types.Object]bool{}, into: map[types.Object]bool{}}
	for _, r := range f.reach(start.Body)[:f.level(start.Body)] {
		if f.answers(r.fn) {
			return
		}
		for cur := range own(r.fn, (*ast.RangeStmt)(nil), (*ast.ForStmt)(nil)) {
			if !code.InLoop(cur.Parent()) {
				f.collects(c, cur, r.fn)
			}
		}
	}
	if len(c.from) == 0 || len(c.into) == 0 {
		return
	}
	if read := f.readLate(c); read != nil {
		f.unheard[start.Go] = true
		f.Reportf(stmt, "%s is read at line %d without waiting for this goroutine, which may not have added the last value to it",
			types.ExprString(read), f.Fset.Position(read.Pos()).Line)
	}
}

// answers reports whether a function may tell somebody something in a way that cannot be
// seen: it calls a function value, receives from what may be a semaphore, or unlocks what
// it has not locked.
func (f *finder) answers(fn inspector.Cursor) bool {
	locks := 0
	for cur := range own(fn, (*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil)) {
		call, ok := cur.Node().(*ast.CallExpr)
		if !ok {
			stmt, isStmt := cur.Parent().Node().(*ast.ExprStmt)
			if _, inSelect := cur.Parent().Parent().Node().(*ast.CommClause); isStmt && !inSelect && cur.Node().(*ast.UnaryExpr) == stmt.X {
				return true
			}
			continue
		}
		switch name := code.CallName(call); name {
		case "lock", "rlock":
			locks++
		case "unlock", "runlock":
			locks--
		case "release", "finish", "complete", "notify", "leave":
			return true
		}
		if v, ok := code.ObjectOf(f.TypesInfo, call.Fun).(*types.Var); ok && len(call.Args) == 0 && !code.ContainsPos(fn.Node(), v.Pos()) {
			return true
		}
	}
	return locks < 0
}

// collects notes the channels that a loop of a goroutine goes over or receives from, and
// what it writes to.
func (f *finder) collects(c *collector, loop, fn inspector.Cursor) {
	from := f.sources(loop, fn)
	before := len(c.into)
	for cur := range loop.Preorder((*ast.AssignStmt)(nil), (*ast.IncDecStmt)(nil)) {
		if len(from) == 0 || code.Function(cur) != fn {
			continue
		}
		switch n := cur.Node().(type) {
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if n.Tok != token.DEFINE && (n.Tok != token.ASSIGN || fieldOf(f.TypesInfo, l) == nil || f.appends(n, i)) {
					f.target(c, l, fn)
				}
			}
		case *ast.IncDecStmt:
			f.target(c, n.X, fn)
		}
	}
	for _, e := range from {
		if v := f.outside(c, e, fn); v != nil && len(c.into) > before {
			c.from[v] = true
		}
	}
}

// sources returns the channels that a loop goes over, or receives from in a select, as
// long as it takes no lock: then what it has so far may be read at any time.
func (f *finder) sources(loop, fn inspector.Cursor) (out []ast.Expr) {
	if n, ok := loop.Node().(*ast.RangeStmt); ok {
		if code.IsChan(typeOf(f.TypesInfo, n.X)) {
			out = append(out, n.X)
		}
		return out
	}
	for cur := range loop.Preorder((*ast.UnaryExpr)(nil), (*ast.CallExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && code.Function(cur) == fn {
				out = append(out, n.X)
			}
		case *ast.CallExpr:
			if name := code.CallName(n); name == "lock" || name == "rlock" {
				return nil
			}
		}
	}
	return out
}

// appends reports whether an assignment is one of what append returns.
func (f *finder) appends(n *ast.AssignStmt, i int) bool {
	if len(n.Lhs) != len(n.Rhs) {
		return false
	}
	call, ok := ast.Unparen(n.Rhs[i]).(*ast.CallExpr)
	return ok && code.IsBuiltin(f.TypesInfo, call, "append")
}

// target notes the variable or field that an expression on the left is of.
func (f *finder) target(c *collector, e ast.Expr, fn inspector.Cursor) {
	if index, ok := ast.Unparen(e).(*ast.IndexExpr); ok {
		e = index.X
	}
	if star, ok := ast.Unparen(e).(*ast.StarExpr); ok {
		e = star.X
	}
	if v := f.outside(c, e, fn); v != nil {
		c.into[v] = true
	}
}

// outside returns the variable around a goroutine, or the field, that an expression in it
// is of: of a parameter of the goroutine, what the go statement gives.
func (f *finder) outside(c *collector, e ast.Expr, fn inspector.Cursor) types.Object {
	v, ok := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	if !ok {
		return nil
	}
	if v.IsField() {
		if sel, isSel := ast.Unparen(e).(*ast.SelectorExpr); isSel && !f.isReceiver(sel.X, fn) {
			return nil
		}
		return v
	}
	if !code.ContainsPos(fn.Node(), v.Pos()) {
		return v
	}
	if fn != c.start.Body {
		return nil
	}
	arg := f.argument(fn, c.stmt.Call, v)
	if addr, isAddr := arg.(*ast.UnaryExpr); isAddr && addr.Op == token.AND {
		arg = addr.X
	}
	if arg == nil {
		return nil
	}
	if _, isIdent := arg.(*ast.Ident); !isIdent {
		return nil
	}
	return code.ObjectOf(f.TypesInfo, arg)
}

// isReceiver reports whether an expression is the receiver of the method that a place is
// in, itself or through a literal.
func (f *finder) isReceiver(e ast.Expr, fn inspector.Cursor) bool {
	decl := code.Declaration(fn)
	if !decl.Valid() || decl.Node().(*ast.FuncDecl).Recv == nil {
		return false
	}
	names := decl.Node().(*ast.FuncDecl).Recv.List[0].Names
	id, ok := ast.Unparen(e).(*ast.Ident)
	return ok && len(names) == 1 && f.TypesInfo.Uses[id] == f.TypesInfo.Defs[names[0]]
}

// readLate returns a read of what a goroutine collects, in the function that starts it or
// in a method that closes its channel, where all is thought to be there.
func (f *finder) readLate(c *collector) ast.Expr {
	outer, ok := code.Enclosing(c.start.Go)
	if !ok {
		return nil
	}
	for v := range c.from {
		field := v.(*types.Var).IsField()
		if !field && code.ContainsPos(outer.Node(), v.Pos()) {
			if from := f.allSent(c, v, outer); from.IsValid() {
				return f.readAfter(c, outer, from, false)
			}
			continue
		}
		if !field {
			continue
		}
		for _, u := range f.chans.Of(v.(*types.Var)).Of(chans.Close) {
			decl, isDecl := u.Func().Node().(*ast.FuncDecl)
			if isDecl && decl.Recv != nil && u.Func() != outer && !deferred(u.At) && !leaves(u.At) && !f.locks(u.Func()) && !code.IsTest(f.Fset, decl.Pos()) {
				if read := f.readAfter(c, u.Func(), u.At.Node().End(), true); read != nil {
					return read
				}
			}
		}
	}
	return nil
}

// allSent returns the place in a function after which nothing more is sent to a channel:
// its close, or a wait for those who send.
func (f *finder) allSent(c *collector, v types.Object, outer inspector.Cursor) token.Pos {
	for cur := range own(outer, (*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if call.Pos() < c.stmt.End() || code.Function(cur) != outer || deferred(cur) || leaves(cur) {
			continue
		}
		if code.IsBuiltin(f.TypesInfo, call, "close") && code.ObjectOf(f.TypesInfo, call.Args[0]) == v ||
			code.IsCall(f.TypesInfo, call, "(*sync.WaitGroup).Wait", "(*golang.org/x/sync/errgroup.Group).Wait") && f.sentBefore(v, outer, call.Pos()) {
			return call.End()
		}
	}
	return token.NoPos
}

// sentBefore reports whether all that is sent to a channel is, in the text, between two
// places: behind them it is closed at most.
func (f *finder) sentBefore(v types.Object, outer inspector.Cursor, to token.Pos) bool {
	for cur := range outer.Preorder((*ast.Ident)(nil)) {
		id := cur.Node().(*ast.Ident)
		if id.Pos() < to || f.TypesInfo.Uses[id] != v {
			continue
		}
		if call, ok := cur.Parent().Node().(*ast.CallExpr); !ok || !code.IsBuiltin(f.TypesInfo, call, "close") {
			return false
		}
	}
	return f.chans.Of(v.(*types.Var)).Has(chans.Send)
}

// leaves reports whether what follows a place, in a block that is not the whole function,
// is the way out of it.
func leaves(at inspector.Cursor) bool {
	for up := range at.Enclosing((*ast.BlockStmt)(nil), (*ast.CaseClause)(nil), (*ast.CommClause)(nil)) {
		switch n := up.Node().(type) {
		case *ast.BlockStmt:
			_, isIf := up.Parent().Node().(*ast.IfStmt)
			return isIf && code.EndsInReturn(n.List)
		case *ast.CaseClause:
			return code.EndsInReturn(n.Body)
		case *ast.CommClause:
			return code.EndsInReturn(n.Body)
		}
	}
	return false
}

// deferred reports whether a place is in a deferred call.
func deferred(at inspector.Cursor) bool {
	for up := range at.Enclosing((*ast.DeferStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		_, ok := up.Node().(*ast.DeferStmt)
		return ok
	}
	return false
}

// readAfter returns the first read of what a goroutine collects after a place in a
// function, nil if there is something in between that gives the goroutine time.
func (f *finder) readAfter(c *collector, fn inspector.Cursor, from token.Pos, fields bool) ast.Expr {
	for cur := range own(fn, (*ast.CallExpr)(nil), (*ast.Ident)(nil), (*ast.UnaryExpr)(nil)) {
		if cur.Node().Pos() < from {
			continue
		}
		switch n := cur.Node().(type) {
		case *ast.CallExpr:
			if f.givesTime(n) {
				return nil
			}
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				return nil
			}
		case *ast.Ident:
			v, ok := f.TypesInfo.Uses[n].(*types.Var)
			if !ok || !c.into[v.Origin()] || v.IsField() != fields || assigned(cur) {
				continue
			}
			if e, isExpr := cur.Parent().Node().(*ast.SelectorExpr); isExpr && fields {
				return e
			}
			return n
		}
	}
	return nil
}

// givesTime reports whether a call waits for something that may be the goroutine.
func (f *finder) givesTime(call *ast.CallExpr) bool {
	if code.IsCall(f.TypesInfo, call, "(*sync.WaitGroup).Wait") {
		return false
	}
	name := code.CallName(call)
	for _, s := range []string{"wait", "sleep", "join", "gosched", "drain"} {
		if strings.Contains(name, s) {
			return true
		}
	}
	return false
}

// assigned reports whether a name is on the left of an assignment.
func assigned(id inspector.Cursor) bool {
	n, ok := id.Parent().Node().(*ast.AssignStmt)
	return ok && n.Tok != token.ADD_ASSIGN && n.Pos() == id.Node().Pos()
}
