// SPDX-License-Identifier: Apache-2.0

package signalstop

import (
	_ "embed"
	"go/ast"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports signal.Notify without signal.Stop in what returns before the program
// ends.
var Analyzer = check.New(doc, run, signals.Analyzer)

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil || resets(pkg) {
		return nil, nil
	}
	library := !signals.InCommand(pass.Pkg)
	for _, c := range pkg.Channels {
		if len(c.Stops) > 0 || c.Escapes || c.Unknown || c.Inline || len(c.Makes) == 0 {
			continue
		}
		for _, call := range c.Notifies {
			switch {
			case code.IsTest(pass.Fset, call.Expr.Pos()):
				continue
			case repeated(c, call):
				pass.Reportf(call.Expr, "signal.Notify in a loop without signal.Stop: each turn leaves a channel registered")
			case library && c.Signals().Stops() && returns(c, call):
				pass.Reportf(call.Expr, "signal.Notify without signal.Stop: when nobody reads the channel any more its signals still do not end the program")
			default:
				continue
			}
			break
		}
	}
	return nil, nil
}

// resets reports whether the package gives signals back in another way.
func resets(pkg *signals.Package) bool {
	for _, call := range pkg.Calls {
		if call.Op == signals.Reset {
			return true
		}
	}
	return false
}

// repeated reports whether a loop makes the channel and registers it.
func repeated(c *signals.Channel, call *signals.Call) bool {
	loop, ok := signals.Loop(call.At)
	if !ok || len(c.Makes) != 1 {
		return false
	}
	n, m := loop.Node(), c.Makes[0]
	return n.Pos() <= m.Pos() && m.End() <= n.End() && continues(loop)
}

// continues reports whether a loop may have another turn: its last statement does not
// leave it.
func continues(loop inspector.Cursor) bool {
	body := loopBody(loop.Node())
	if len(body.List) == 0 {
		return true
	}
	switch last := body.List[len(body.List)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return false
	case *ast.ExprStmt:
		call, ok := last.X.(*ast.CallExpr)
		return !ok || !signals.Ends(call)
	}
	return true
}

func loopBody(n ast.Node) *ast.BlockStmt {
	switch n := n.(type) {
	case *ast.ForStmt:
		return n.Body
	case *ast.RangeStmt:
		return n.Body
	}
	return nil
}

// returns reports whether somebody receives from the channel, and may cease to before the
// program ends.
func returns(c *signals.Channel, notify *signals.Call) bool {
	for _, r := range c.Receives {
		if forever(r) || exits(r) || !ceases(r, notify) {
			return false
		}
	}
	return len(c.Receives) > 0
}

// ceases reports whether a receive may be left before a signal comes: it is one case of
// several, or it is in another function than the one that registers, which does not wait
// for it. What only a signal can end lives as long as the program.
func ceases(receive inspector.Cursor, notify *signals.Call) bool {
	if alternatives(receive) {
		return true
	}
	if signals.Function(receive) == signals.Function(notify.At) {
		return false
	}
	decl := signals.Declaration(notify.At)
	return decl.Valid() && !lives(decl.Node().(*ast.FuncDecl).Name.Name)
}

// alternatives reports whether a receive is one case of a select.
func alternatives(receive inspector.Cursor) bool {
	for clause := range receive.Enclosing((*ast.CommClause)(nil), (*ast.FuncLit)(nil)) {
		n, ok := clause.Node().(*ast.CommClause)
		return ok && n.Comm != nil && receive.Node().End() <= n.Comm.End() &&
			len(clause.Parent().Node().(*ast.BlockStmt).List) > 1
	}
	return false
}

// lives reports whether a function is, by its name, one that lives as long as the
// program: what serves and runs, and what is there to take signals.
func lives(name string) bool {
	if signals.Speaks(name) {
		return true
	}
	name = strings.ToLower(name)
	for _, prefix := range []string{"serve", "run", "main", "execute", "listen", "start"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// forever reports whether a receive is in a loop that nothing leaves.
func forever(receive inspector.Cursor) bool {
	loop, ok := signals.Loop(receive)
	if !ok {
		return false
	}
	if f, ok := loop.Node().(*ast.ForStmt); ok && f.Cond != nil {
		return false
	}
	return !signals.Leaves(loop)
}

// exits reports whether what follows a receive ends the program.
func exits(receive inspector.Cursor) bool {
	for _, stmt := range signals.After(receive) {
		for call := range signals.Synchronous(stmt) {
			if signals.Ends(call) {
				return true
			}
		}
	}
	return false
}
