// SPDX-License-Identifier: Apache-2.0

package signalloop

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// A walk goes through what a loop does with one signal.
type walk struct {
	pass     *check.Pass
	pkg      *signals.Package
	signal   syscall.Signal
	variable types.Object     // that the signal was received into
	loop     inspector.Cursor // that it was received in
	next     bool             // the next turn begins: what follows is not run
}

// inert reports whether a statement does nothing that could end the program or the loop.
func (w *walk) inert(stmt inspector.Cursor) bool {
	switch n := stmt.Node().(type) {
	case *ast.SwitchStmt:
		if n.Tag != nil && n.Init == nil && w.isSignal(n.Tag) {
			return w.choice(stmt)
		}
	case *ast.IfStmt:
		if s, equal, ok := w.comparison(n.Cond); ok && n.Init == nil {
			return w.branch(stmt, n, equal == (s == w.signal))
		}
	}
	return w.quiet(stmt)
}

func (w *walk) isSignal(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	return ok && w.variable != nil && w.pass.TypesInfo.ObjectOf(id) == w.variable
}

// comparison recognises sig == S and sig != S.
func (w *walk) comparison(cond ast.Expr) (s syscall.Signal, equal, ok bool) {
	b, isBinary := ast.Unparen(cond).(*ast.BinaryExpr)
	if !isBinary || b.Op != token.EQL && b.Op != token.NEQ || !w.isSignal(b.X) {
		return 0, false, false
	}
	s, ok = w.pkg.Signal(b.Y)
	return s, b.Op == token.EQL, ok
}

// branch looks at the branch of an if that is taken.
func (w *walk) branch(stmt inspector.Cursor, n *ast.IfStmt, then bool) bool {
	if then {
		return w.all(list(stmt.ChildAt(edge.IfStmt_Body, -1)))
	}
	if n.Else == nil {
		return true
	}
	otherwise := stmt.ChildAt(edge.IfStmt_Else, -1)
	if _, ok := n.Else.(*ast.BlockStmt); ok {
		return w.all(list(otherwise))
	}
	return w.inert(otherwise)
}

func (w *walk) all(stmts []inspector.Cursor) bool {
	for _, stmt := range stmts {
		if !w.inert(stmt) {
			return false
		}
		if branch, ok := stmt.Node().(*ast.BranchStmt); ok && branch.Tok == token.CONTINUE {
			w.next = true
		}
		if w.next {
			break
		}
	}
	return true
}

// choice looks at the case of a switch that is taken: that of the signal, or else the
// default. A case that is not understood might be taken.
func (w *walk) choice(stmt inspector.Cursor) bool {
	var otherwise *inspector.Cursor
	for clause := range stmt.ChildAt(edge.SwitchStmt_Body, -1).Children() {
		n := clause.Node().(*ast.CaseClause)
		if n.List == nil {
			otherwise = &clause
		}
		for _, e := range n.List {
			s, ok := w.pkg.Signal(e)
			if !ok {
				return false
			}
			if s == w.signal {
				return w.all(body(clause))
			}
		}
	}
	return otherwise == nil || w.all(body(*otherwise))
}

func body(clause inspector.Cursor) []inspector.Cursor {
	var out []inspector.Cursor
	for stmt := range clause.Children() {
		if kind, _ := stmt.ParentEdge(); kind == edge.CaseClause_Body {
			out = append(out, stmt)
		}
	}
	return out
}

// quiet reports whether a statement only logs, or sets variables that the loop declares.
func (w *walk) quiet(stmt inspector.Cursor) bool {
	quiet := true
	stmt.Inspect(nil, func(c inspector.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.ReturnStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt, *ast.FuncLit, *ast.ForStmt, *ast.RangeStmt, *ast.SelectStmt, *ast.IncDecStmt:
			quiet = false
		case *ast.BranchStmt:
			quiet = quiet && w.stays(c, n)
		case *ast.AssignStmt:
			quiet = quiet && w.own(n)
		case *ast.UnaryExpr:
			quiet = quiet && n.Op != token.ARROW
		case *ast.CallExpr:
			quiet = quiet && w.logs(n)
		}
		return quiet
	})
	return quiet
}

// stays reports whether a branch keeps to the loop: continue, or the break of a switch or
// select.
func (w *walk) stays(cur inspector.Cursor, n *ast.BranchStmt) bool {
	if n.Label != nil || n.Tok == token.GOTO || n.Tok == token.FALLTHROUGH {
		return false
	}
	if n.Tok == token.CONTINUE {
		return true
	}
	return code.BreakTarget(cur) != w.loop
}

// own reports whether an assignment declares variables, which end with the turn.
func (w *walk) own(n *ast.AssignStmt) bool {
	if n.Tok == token.DEFINE {
		return true
	}
	for _, e := range n.Lhs {
		if id, ok := e.(*ast.Ident); !ok || id.Name != "_" {
			return false
		}
	}
	return true
}

// logs reports whether a call is known to do nothing but to write a message.
func (w *walk) logs(call *ast.CallExpr) bool {
	if signals.Ends(call) {
		return false
	}
	if w.pass.TypesInfo.Types[call.Fun].IsType() {
		return true
	}
	fn, ok := typeutil.Callee(w.pass.TypesInfo, call).(*types.Func)
	if !ok {
		_, builtin := typeutil.Callee(w.pass.TypesInfo, call).(*types.Builtin)
		return builtin && calls(call, "print", "println", "len", "string")
	}
	if fn.Pkg() == nil {
		return true // error.Error
	}
	switch path := fn.Pkg().Path(); path {
	case "fmt", "log", "log/slog", "strings", "strconv", "time":
		return true
	case "os", "syscall":
		return fn.Name() == "String"
	}
	return logger(fn)
}

func calls(call *ast.CallExpr, names ...string) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	return ok && slices.Contains(names, id.Name)
}

// logger reports whether a function is that of a logger, by its name and its package or
// type.
func logger(fn *types.Func) bool {
	known := []string{"Debug", "Info", "Warn", "Error", "Print", "Trace", "Notice", "Log", "Msg", "With", "Str", "Err", "String", "Any", "Send"}
	if !slices.ContainsFunc(known, func(prefix string) bool { return strings.HasPrefix(fn.Name(), prefix) }) {
		return false
	}
	return strings.Contains(strings.ToLower(fn.FullName()), "log") || strings.Contains(fn.Pkg().Path(), "zap")
}
