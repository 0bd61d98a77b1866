// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// lastWork reports a stop that does not wait for a goroutine that still saves something
// when it hears of the stop: the process may end before.
func (f *finder) lastWork(s *stop) {
	heard := func(e ast.Expr) bool { return f.closed(e, s) != nil }
	for _, start := range f.chans.Funcs.Starts {
		if f.unheard[start.Go] || start.Body == s.decl || f.tells(start) || f.awaited(s, start) || s.locks && f.locks(start.Body) {
			continue
		}
		if save := f.savesAt(start.Body, heard); save != nil {
			f.unheard[start.Go] = true
			f.Reportf(start.Go.Node(), "%s does not wait for this goroutine, which still calls %s then: the process may end before",
				s.decl.Node().(*ast.FuncDecl).Name.Name, types.ExprString(save.Fun))
			continue
		}
		if write := f.writesFile(start.Body); write != nil && len(s.signals) > 0 && f.hears(start, s) {
			f.unheard[start.Go] = true
			f.Reportf(start.Go.Node(), "%s does not wait for this goroutine, which may be in the middle of %s: the process may end before",
				s.decl.Node().(*ast.FuncDecl).Name.Name, types.ExprString(write.Fun))
		}
	}
}

// writesFile returns the call in the loop of a goroutine that writes a whole file, which
// is left half written when the process ends.
func (f *finder) writesFile(body inspector.Cursor) *ast.CallExpr {
	for _, r := range f.reach(body) {
		if r.call.Valid() && r.from != 0 {
			continue
		}
		for cur := range own(r.fn, (*ast.CallExpr)(nil)) {
			if code.IsCall(f.TypesInfo, cur.Node(), "os.WriteFile", "io/ioutil.WriteFile", "os.Create") && (looped(cur, r.fn) || r.call.Valid() && looped(r.call, body)) {
				return cur.Node().(*ast.CallExpr)
			}
		}
	}
	return nil
}

// savesAt returns the call by which a goroutine saves something when it hears of the
// stop: in the case of a select, behind its loop, or in what it defers.
func (f *finder) savesAt(body inspector.Cursor, heard func(ast.Expr) bool) *ast.CallExpr {
	for _, r := range f.reach(body)[:f.level(body)] {
		for cur := range own(r.fn, (*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil)) {
			switch n := cur.Node().(type) {
			case *ast.RangeStmt:
				if !heard(n.X) {
					continue
				}
				if save := f.writes(n.Body); save != nil {
					return save
				}
				if save := f.savesBehind(cur, r.fn); save != nil {
					return save
				}
			case *ast.UnaryExpr:
				if n.Op != token.ARROW || !heard(n.X) {
					continue
				}
				if save := f.savesAfter(cur, r.fn); save != nil {
					return save
				}
			}
		}
	}
	return nil
}

// writes returns the call by which a loop over what is left writes or saves each value.
func (f *finder) writes(body ast.Node) (out *ast.CallExpr) {
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && out == nil && (f.saves(call) || f.durable(call)) {
			out = call
		}
		return out == nil
	})
	return out
}

// durable reports whether a call writes to a file or a database.
func (f *finder) durable(call *ast.CallExpr) bool {
	switch name := code.Callee(f.TypesInfo, call); {
	case strings.HasPrefix(name, "(*os.File).Write"), strings.HasPrefix(name, "(*bufio.Writer).Write"), strings.HasPrefix(name, "(*encoding/csv.Writer).Write"):
		return true
	case strings.HasPrefix(name, "(*database/sql.DB).Exec"), name == "os.WriteFile", name == "io/ioutil.WriteFile", name == "os.Rename", name == "(*encoding/json.Encoder).Encode":
		return true
	}
	return false
}

// level is how many of the functions that a goroutine reaches it runs or calls itself.
func (f *finder) level(body inspector.Cursor) int {
	n := 0
	for _, r := range f.reach(body) {
		if r.from == 0 {
			n++
		}
	}
	return n
}

// savesAfter returns the call that saves something after a receive.
func (f *finder) savesAfter(at, fn inspector.Cursor) *ast.CallExpr {
	for up := range at.Enclosing((*ast.CommClause)(nil), (*ast.ExprStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		switch n := up.Node().(type) {
		case *ast.CommClause:
			if !looped(up, fn) {
				return nil
			}
			for _, s := range n.Body {
				if save := f.savesIn(s); save != nil {
					return save
				}
			}
			for loop := range up.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
				return f.savesBehind(loop, fn)
			}
		case *ast.ExprStmt:
			if up.ParentEdgeKind() == edge.BlockStmt_List && up.Parent().Node() == code.Body(fn.Node()) {
				return f.savesBehind(up, fn)
			}
			continue
		}
		break
	}
	return nil
}

// savesBehind returns the call that saves something in the statements behind a loop, or
// another statement of a function, or that it has deferred.
func (f *finder) savesBehind(stmt, fn inspector.Cursor) *ast.CallExpr {
	for d := range own(fn, (*ast.DeferStmt)(nil)) {
		if code.Function(d) == fn {
			if save := f.savesIn(d.Node()); save != nil {
				return save
			}
		}
	}
	for next, ok := stmt.NextSibling(); ok; next, ok = next.NextSibling() {
		if save := f.savesIn(next.Node()); save != nil {
			return save
		}
	}
	return nil
}

// savesIn returns the call by which a node saves something, itself or through a function
// of the package.
func (f *finder) savesIn(n ast.Node) (save *ast.CallExpr) {
	ast.Inspect(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && save == nil && (f.saves(call) || f.savesWithin(call)) {
			save = call
		}
		return save == nil
	})
	return save
}

// savesWithin reports whether a call is that of a function of the package which saves
// something in any case.
func (f *finder) savesWithin(call *ast.CallExpr) bool {
	callee := f.chans.Funcs.Callee(call)
	if !callee.Valid() {
		return false
	}
	for _, s := range code.Body(callee.Node()).List {
		if stmt, ok := s.(*ast.ExprStmt); ok {
			if inner, ok := stmt.X.(*ast.CallExpr); ok && f.saves(inner) {
				return true
			}
		}
	}
	return false
}

// saves reports whether a call, by its name, writes what would be lost. A server flushes
// an answer so, too.
func (f *finder) saves(call *ast.CallExpr) bool {
	if strings.HasPrefix(code.Callee(f.TypesInfo, call), "(net/http.") {
		return false
	}
	name := code.CallName(call)
	for _, s := range []string{"flush", "save", "persist", "commit", "writeall", "dump"} {
		if strings.HasPrefix(name, s) {
			return true
		}
	}
	return false
}

// lastValues reports a goroutine that prints or collects what comes from a channel until
// the function that has started it closes that, and returns: nobody waits for the last.
func (f *finder) lastValues(start chans.Start) {
	lit, ok := start.Body.Node().(*ast.FuncLit)
	outer, inFunc := code.Enclosing(start.Go)
	if _, isGo := start.Go.Node().(*ast.GoStmt); !ok || !isGo || !inFunc || len(lit.Body.List) != 1 || f.tells(start) {
		return
	}
	loop, ok := lit.Body.List[0].(*ast.RangeStmt)
	if !ok {
		return
	}
	v, ok := code.ObjectOf(f.TypesInfo, loop.X).(*types.Var)
	if !ok || v.IsField() || !code.ContainsPos(code.Body(outer.Node()), v.Pos()) {
		return
	}
	for _, u := range f.chans.Of(v).Of(chans.Close) {
		if u.Var == v && u.Func() == outer && endsWith(f.TypesInfo, u.At, outer) && (f.prints(loop) || f.counts(lit, outer, u.At)) {
			f.Reportf(start.Go.Node(), "nobody waits for this goroutine after the close of %s at line %d: the last values may be lost", v.Name(), f.Fset.Position(u.At.Node().Pos()).Line)
			return
		}
	}
}

// counts reports whether a literal adds to a variable of the function around it that this
// looks at after a place.
func (f *finder) counts(lit *ast.FuncLit, outer, after inspector.Cursor) (found bool) {
	changed := map[types.Object]bool{}
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IncDecStmt:
			changed[code.ObjectOf(f.TypesInfo, n.X)] = true
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				changed[code.ObjectOf(f.TypesInfo, l)] = true
			}
		}
		return true
	})
	for cur := range outer.Preorder((*ast.Ident)(nil)) {
		id := cur.Node().(*ast.Ident)
		if v, ok := f.TypesInfo.Uses[id].(*types.Var); ok && id.Pos() > after.Node().Pos() && changed[v] && !v.IsField() && code.ContainsPos(outer.Node(), v.Pos()) && !code.ContainsPos(lit, v.Pos()) {
			found = true
		}
	}
	return found
}

// prints reports whether a loop writes each value to a stream.
func (f *finder) prints(loop *ast.RangeStmt) (found bool) {
	ast.Inspect(loop.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			name := code.Callee(f.TypesInfo, call)
			found = found || strings.HasPrefix(name, "fmt.Fprint") || strings.HasPrefix(name, "fmt.Print") || name == "(*encoding/json.Encoder).Encode" || name == "(*os.File).Write" || name == "(*os.File).WriteString" || strings.HasPrefix(name, "(*encoding/csv.Writer).Write")
		}
		return !found
	})
	return found
}

// endsWith reports whether a function leaves right after a close: it is deferred, or
// what comes after it waits for nothing.
func endsWith(info *types.Info, at, fn inspector.Cursor) bool {
	stmt := at.Parent().Parent()
	if _, ok := stmt.Node().(*ast.DeferStmt); ok {
		return true
	}
	if stmt.ParentEdgeKind() != edge.BlockStmt_List || stmt.Parent().Node() != code.Body(fn.Node()) {
		return false
	}
	for next, ok := stmt.NextSibling(); ok; next, ok = next.NextSibling() {
		if waits(info, next) {
			return false
		}
	}
	return true
}

// waits reports whether a statement waits for something, or takes a lock.
func waits(info *types.Info, at inspector.Cursor) bool {
	for cur := range at.Preorder((*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				return true
			}
		case *ast.CallExpr:
			if code.IsCall(info, n, "(*time.Ticker).Stop", "(*time.Timer).Stop") {
				continue
			}
			name := code.CallName(n)
			for _, s := range []string{"wait", "join", "lock", "stop", "shutdown", "drain", "sleep"} {
				if strings.Contains(name, s) {
					return true
				}
			}
		}
	}
	return false
}
