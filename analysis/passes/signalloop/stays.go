// SPDX-License-Identifier: Apache-2.0

package signalloop

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// stopsAndStays reports whether what follows the receive of a signal stops something, such
// as a server, and then the next turn begins, in a loop that the program waits for.
func (w *walk) stopsAndStays(body []inspector.Cursor) bool {
	taken, ok := w.taken(body)
	if !ok {
		return false
	}
	stops := false
	for _, stmt := range taken {
		if w.leaves(stmt) {
			return false
		}
		for call := range signals.Synchronous(stmt) {
			stops = stops || stopping(call)
		}
	}
	return stops && w.waitedFor(w.loop, generations)
}

// taken returns the statements that run for the signal: of a switch or an if that asks for
// it, those of its branch. It is not ok if a branch may be the signal's or not.
func (w *walk) taken(stmts []inspector.Cursor) (out []inspector.Cursor, ok bool) {
	for _, stmt := range stmts {
		switch n := stmt.Node().(type) {
		case *ast.SwitchStmt:
			if n.Tag == nil || !w.isSignal(n.Tag) {
				out = append(out, stmt)
				continue
			}
			clause, known := w.clause(stmt)
			if !known {
				return nil, false
			}
			if clause.Valid() {
				out = append(out, body(clause)...)
			}
		case *ast.IfStmt:
			s, equal, compared := w.comparison(n.Cond)
			if !compared || n.Init != nil {
				out = append(out, stmt)
			} else if equal == (s == w.signal) {
				out = append(out, list(stmt.ChildAt(edge.IfStmt_Body, -1))...)
			} else if n.Else != nil {
				out = append(out, stmt.ChildAt(edge.IfStmt_Else, -1))
			}
		default:
			out = append(out, stmt)
		}
	}
	return out, true
}

// clause returns the case of a switch that a signal takes, invalid if there is none.
func (w *walk) clause(stmt inspector.Cursor) (taken inspector.Cursor, ok bool) {
	for clause := range stmt.ChildAt(edge.SwitchStmt_Body, -1).Children() {
		n := clause.Node().(*ast.CaseClause)
		if n.List == nil && !taken.Valid() {
			taken = clause
		}
		for _, e := range n.List {
			s, ok := w.pkg.Signal(e)
			if !ok {
				return taken, false
			}
			if s == w.signal {
				return clause, true
			}
		}
	}
	return taken, true
}

// leaves reports whether a statement may leave the loop or end the program, or start what
// may do so.
func (w *walk) leaves(stmt inspector.Cursor) bool {
	found := false
	stmt.Inspect(nil, func(c inspector.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.ReturnStmt, *ast.GoStmt, *ast.FuncLit, *ast.SendStmt:
			found = true
		case *ast.BranchStmt:
			found = found || !w.stays(c, n)
		case *ast.CallExpr:
			found = found || w.mayExit(n, generations)
		}
		return !found
	})
	return found
}

// generations is how many functions of the package are looked into, each called by the next.
const generations = 3

// mayExit reports whether a call ends the program, or is of a function of the package that
// may do so.
func (w *walk) mayExit(call *ast.CallExpr, depth int) bool {
	if signals.Ends(call) || code.Callee(w.pass.TypesInfo, call) == "" && !code.IsBuiltin(w.pass.TypesInfo, call, "close") && !w.cancels(call) {
		return true // or a function value, which may
	}
	decl, ok := w.pkg.Declared(w.pkg.Callee(call))
	if !ok || depth == 0 {
		return ok
	}
	for cur := range decl.Preorder((*ast.CallExpr)(nil)) {
		if inner := cur.Node().(*ast.CallExpr); signals.Ends(inner) || w.pkg.Callee(inner) != nil && w.mayExit(inner, depth-1) {
			return true
		}
	}
	return false
}

func (w *walk) cancels(call *ast.CallExpr) bool {
	t := w.pass.TypesInfo.TypeOf(call.Fun)
	return t != nil && (code.IsNamed(t, "context.CancelFunc") || w.pass.TypesInfo.Types[call.Fun].IsType() || w.pass.TypesInfo.Types[call.Fun].IsBuiltin())
}

// stopping reports whether a call is of a method that stops a server, or what serves, by its
// name.
func stopping(call *ast.CallExpr) bool {
	if _, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); !ok {
		return false
	}
	name := code.CallName(call)
	return strings.HasPrefix(name, "shutdown") || strings.HasPrefix(name, "gracefulstop") || name == "stop"
}

// waitedFor reports whether the program cannot end while a piece of code runs: it is in main,
// or in what main calls or waits for, and no goroutine beside it ends the program.
func (w *walk) waitedFor(at inspector.Cursor, depth int) bool {
	fn := code.Function(at)
	if !fn.Valid() || depth == 0 {
		return false
	}
	if decl, ok := fn.Node().(*ast.FuncDecl); ok {
		if code.IsMainFunc(w.pass.Pass, decl) {
			return !w.exitsBeside(fn)
		}
		call, ok := w.onlyCall(w.pass.TypesInfo.Defs[decl.Name])
		return ok && !w.exitsBeside(fn) && w.waitedFor(call, depth-1)
	}
	switch up := fn.Parent().Node().(type) {
	case *ast.CallExpr:
		if code.IsCall(w.pass.TypesInfo, up, "(*golang.org/x/sync/errgroup.Group).Go", "(*sync.WaitGroup).Go") {
			return w.groupWaits(fn, up)
		}
		_, apart := fn.Parent().Parent().Node().(*ast.GoStmt)
		return !apart && up.Fun == fn.Node() && w.waitedFor(fn.Parent(), depth-1)
	case *ast.AssignStmt:
		if len(up.Lhs) != 1 {
			return false
		}
		call, ok := w.onlyCall(code.ObjectOf(w.pass.TypesInfo, up.Lhs[0]))
		return ok && w.waitedFor(call, depth-1)
	}
	return false
}

// groupWaits reports whether a function waits for the group that runs a literal in it, and no
// goroutine beside it ends the program.
func (w *walk) groupWaits(lit inspector.Cursor, start *ast.CallExpr) bool {
	decl := code.Declaration(lit)
	group := receiver(w.pass.TypesInfo, start)
	if !decl.Valid() || group == nil || w.exitsBeside(decl) {
		return false
	}
	for cur := range decl.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if call.Pos() > start.End() && code.CallName(call) == "wait" && receiver(w.pass.TypesInfo, call) == group && code.Function(cur) == decl {
			return true
		}
	}
	return false
}

func receiver(info *types.Info, call *ast.CallExpr) types.Object {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	return code.ObjectOf(info, sel.X)
}

// onlyCall returns the only place where a function, or what is in a variable, is used: where
// it is called, and not in a goroutine of its own.
func (w *walk) onlyCall(fn types.Object) (call inspector.Cursor, ok bool) {
	if fn == nil {
		return call, false
	}
	uses := 0
	for cur := range w.pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		if w.pass.TypesInfo.Uses[cur.Node().(*ast.Ident)] != fn {
			continue
		}
		uses++
		if sel, isSel := cur.Parent().Node().(*ast.SelectorExpr); isSel && sel.Sel == cur.Node() {
			cur = cur.Parent()
		}
		if c, isCall := cur.Parent().Node().(*ast.CallExpr); isCall && c.Fun == cur.Node() {
			_, apart := cur.Parent().Parent().Node().(*ast.GoStmt)
			call, ok = cur.Parent(), !apart
		}
	}
	return call, ok && uses == 1
}

// exitsBeside reports whether a function has a literal, or starts a function of the package,
// that ends the program when a server has been stopped: behind what serves or waits.
func (w *walk) exitsBeside(decl inspector.Cursor) bool {
	for lit := range decl.Preorder((*ast.FuncLit)(nil)) {
		if w.exitsBehind(lit) {
			return true
		}
	}
	for cur := range decl.Preorder((*ast.GoStmt)(nil)) {
		if run, ok := w.pkg.Declared(w.pkg.Callee(cur.Node().(*ast.GoStmt).Call)); ok && w.exitsBehind(run) {
			return true
		}
	}
	return false
}

// exitsBehind reports whether a function serves or waits, and then may end the program.
func (w *walk) exitsBehind(fn inspector.Cursor) bool {
	waits := false
	for cur := range fn.Preorder((*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.UnaryExpr:
			waits = waits || n.Op == token.ARROW
		case *ast.CallExpr:
			for _, arg := range n.Args {
				call, ok := ast.Unparen(arg).(*ast.CallExpr)
				waits = waits || ok && serves(call)
			}
			if waits = waits || serves(n); waits && signals.Ends(n) {
				return true
			}
		}
	}
	return false
}

// serves reports whether a call, by its name, comes back when a server has been stopped.
func serves(call *ast.CallExpr) bool {
	switch name := code.CallName(call); name {
	case "serve", "servetls", "run", "wait", "start", "accept", "listen":
		return true
	default:
		return strings.HasPrefix(name, "listenandserve")
	}
}

// alone reports whether nothing else can end the loop of a receive: no case of a select, and
// no other statement.
func (w *walk) alone(receive inspector.Cursor) bool {
	for clause := range receive.Enclosing((*ast.CommClause)(nil)) {
		return !w.loop.Contains(clause)
	}
	return true
}
