// SPDX-License-Identifier: Apache-2.0

package stoplock

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// held has the mutexes that are locked at a place.
type held map[ref]mode

// A walker follows the statements of a function with the mutexes that it holds.
type walker struct {
	*program
	fn    *ast.FuncDecl
	found func(wait ast.Node, mutex types.Object)
}

// list follows statements in order, and returns what is held behind them.
func (w *walker) list(stmts []ast.Stmt, h held) held {
	for _, s := range stmts {
		h = w.stmt(s, h)
	}
	return h
}

func (w *walker) stmt(s ast.Stmt, h held) held {
	switch s := s.(type) {
	case *ast.ExprStmt:
		return w.expr(s.X, h)
	case *ast.BlockStmt:
		return w.list(s.List, h)
	case *ast.LabeledStmt:
		return w.stmt(s.Stmt, h)
	case *ast.IfStmt:
		if s.Init != nil {
			h = w.stmt(s.Init, h)
		}
		h = w.expr(s.Cond, h)
		out := w.branch(s.Body.List, h)
		if s.Else != nil {
			return both(out, w.branch([]ast.Stmt{s.Else}, h))
		}
		return both(out, h)
	case *ast.ForStmt:
		return both(h, w.branch(s.Body.List, h))
	case *ast.RangeStmt:
		return both(h, w.branch(s.Body.List, h))
	case *ast.SwitchStmt:
		return w.clauses(s.Body, h)
	case *ast.TypeSwitchStmt:
		return w.clauses(s.Body, h)
	case *ast.SelectStmt:
		return w.selects(s, h)
	case *ast.DeferStmt, *ast.GoStmt:
		return h // what is deferred unlocks at the end
	default:
		return w.expr(s, h)
	}
}

// branch follows statements that may not be run: what they leave held if they end there
// does not matter behind them.
func (w *walker) branch(stmts []ast.Stmt, h held) held {
	out := w.list(stmts, maps.Clone(h))
	if len(stmts) > 0 {
		switch last := stmts[len(stmts)-1].(type) {
		case *ast.ReturnStmt, *ast.BranchStmt:
			return nil
		case *ast.ExprStmt:
			if call, ok := last.X.(*ast.CallExpr); ok {
				if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" {
					return nil
				}
			}
		}
	}
	return out
}

// both returns what is held behind two branches; nil stands for one that is left.
func both(a, b held) held {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	out := held{}
	for o, m := range a {
		if b[o] != 0 {
			out[o] = min(m, b[o])
		}
	}
	return out
}

func (w *walker) clauses(body *ast.BlockStmt, h held) held {
	out := h
	for _, c := range body.List {
		if c, ok := c.(*ast.CaseClause); ok {
			out = both(out, w.branch(c.Body, h))
		}
	}
	return out
}

// selects follows a select: with one case it waits as a receive does.
func (w *walker) selects(s *ast.SelectStmt, h held) held {
	out := h
	for _, c := range s.Body.List {
		c := c.(*ast.CommClause)
		if len(s.Body.List) == 1 && c.Comm != nil {
			w.expr(c.Comm, h)
		}
		out = both(out, w.branch(c.Body, h))
	}
	return out
}

// expr follows what an expression or a simple statement calls and waits for.
func (w *walker) expr(n ast.Node, h held) held {
	server.Own(n, func(n ast.Node) bool {
		switch e := n.(type) {
		case *ast.CallExpr:
			if mutex, m := w.lock(e); m != 0 {
				h = with(h, mutex, m)
			} else if mutex := w.unlock(e); mutex.object != nil {
				h = with(h, mutex, 0)
			} else if o := w.waited(e); o.object != nil {
				w.waits(e, o, h)
			} else {
				w.requests(e, h)
				w.helper(e, h)
			}
		case *ast.UnaryExpr:
			if o := w.waited(e); o.object != nil {
				w.waits(e, o, h)
			}
		case *ast.SendStmt:
			for _, j := range w.jobs {
				w.waitsFor(e.Chan, w.ref(e.Chan), h, j, j.receives)
			}
		}
		return true
	})
	return h
}

func with(h held, mutex ref, m mode) held {
	out := held{}
	maps.Copy(out, h)
	if m == 0 {
		delete(out, mutex)
	} else {
		out[mutex] = m
	}
	return out
}

// waits reports a wait for a goroutine that locks what is held, of the same value.
func (w *walker) waits(at ast.Node, o ref, h held) {
	for _, j := range w.jobs {
		if w.waitsFor(at, o, h, j, j.releases) {
			return
		}
	}
}

// waitsFor reports a wait until a goroutine does something with a channel or WaitGroup.
func (w *walker) waitsFor(at ast.Node, o ref, h held, j job, does map[ref]bool) bool {
	for done := range does {
		if o.object == nil || done.object != o.object {
			continue
		}
		for mutex, m := range h {
			if mutex.object == nil || mutex.of == owner {
				continue // of anyone
			}
			theirs := mode(0)
			switch {
			case mutex.of != o.of && mutex.of != nil && o.of != nil:
			case done.of == nil:
				theirs = j.locks[mutex] // the same variable, if it is a function's own
			default:
				theirs = j.locks[ref{mutex.object, done.of}]
			}
			if theirs == 0 && w.below(at, mutex.of) {
				theirs = j.locks[ref{mutex.object, owner}]
			}
			if theirs != 0 && (m == write || theirs == write) {
				w.found(at, mutex.object)
				return true
			}
		}
	}
	return false
}

// helper looks for the wait in a function of the package that is called with something
// held, and that does not unlock it.
func (w *walker) helper(call *ast.CallExpr, h held) {
	body := w.body(call)
	if body == nil || len(h) == 0 {
		return
	}
	if _, ok := call.Fun.(*ast.FuncLit); ok {
		return
	}
	unlocks, bounded := false, token.NoPos
	same := w.bind(call, aliases{})
	var waits, sends []ref
	server.Own(body, func(n ast.Node) bool {
		switch e := n.(type) {
		case *ast.SelectStmt:
			if len(e.Body.List) > 1 {
				bounded = e.End() // there is another way out
			}
		case *ast.CallExpr:
			unlocks = unlocks || h[same.resolve(w.unlock(e))] != 0
		case *ast.SendStmt:
			if !unlocks && e.Pos() > bounded {
				sends = append(sends, same.resolve(w.ref(e.Chan)))
			}
		}
		if o := same.resolve(w.waited(n)); o.object != nil && !unlocks && n.Pos() > bounded {
			waits = append(waits, o)
		}
		return true
	})
	for _, o := range waits {
		w.waits(call, o, h)
	}
	for _, o := range sends {
		for _, j := range w.jobs {
			if w.waitsFor(call, o, h, j, j.receives) {
				return
			}
		}
	}
}

// below reports whether what a wait is for belongs to something that a variable knows: it
// is in a field of it, or of what is in one.
func (w *walker) below(at ast.Node, v types.Object) bool {
	e := w.ownerOf(at)
	for range depth {
		root := w.root(e)
		if root == nil || v == nil {
			return false
		}
		if root == v {
			_, plain := ast.Unparen(e).(*ast.Ident)
			return !plain
		}
		if e = w.origin(root); e == nil {
			return false
		}
	}
	return false
}

// ownerOf returns what has the WaitGroup or channel of a wait: what a method that waits is
// called on, or what the field is of.
func (w *walker) ownerOf(at ast.Node) ast.Expr {
	var e ast.Expr
	switch at := at.(type) {
	case *ast.CallExpr:
		sel, ok := ast.Unparen(at.Fun).(*ast.SelectorExpr)
		if !ok {
			return nil
		}
		if e = sel.X; w.waited(at).object == nil {
			return e
		}
	case *ast.UnaryExpr:
		e = at.X
	case ast.Expr:
		e = at
	}
	if sel, ok := ast.Unparen(e).(*ast.SelectorExpr); ok {
		return sel.X
	}
	return nil
}

// origin returns what a variable of the function is an element or a copy of.
func (w *walker) origin(v types.Object) (from ast.Expr) {
	ast.Inspect(w.fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if n.Value != nil && code.ObjectOf(w.info, n.Value) == v || n.Key != nil && code.ObjectOf(w.info, n.Key) == v {
				from = n.X
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE && len(n.Rhs) == 1 && code.ObjectOf(w.info, n.Lhs[0]) == v {
				from = n.Rhs[0]
			}
		}
		return from == nil
	})
	return from
}
