// SPDX-License-Identifier: Apache-2.0

package signalstop

import (
	_ "embed"
	"go/ast"
	"go/types"
	"slices"
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
	f := finder{pass: pass, pkg: pkg, command: signals.InCommand(pass.Pkg)}
	for _, c := range pkg.Channels {
		if len(c.Stops) > 0 || c.Escapes || c.Inline || len(c.Makes) == 0 || f.constructed(c) {
			continue
		}
		for _, call := range c.Notifies {
			if !code.IsTest(pass.Fset, call.Expr.Pos()) && f.check(c, call) {
				break
			}
		}
	}
	return nil, nil
}

// A finder looks at the channels of one package.
type finder struct {
	pass    *check.Pass
	pkg     *signals.Package
	command bool // the package is that of a command
}

// check reports a registration that is left behind, and says so.
func (f finder) check(c *signals.Channel, call *signals.Call) bool {
	if c.Unknown && !madeBy(c, call) {
		return false
	}
	decl := code.Declaration(call.At)
	if decl.Valid() && decl.Node().(*ast.FuncDecl).Name.Name == "init" {
		return false // see signalinit
	}
	many := !f.command && decl.Valid() && f.perObject(decl)
	switch {
	case repeated(c, call):
		f.pass.Reportf(call.Expr, "signal.Notify in a loop without signal.Stop: each turn leaves a channel registered")
	case f.pass.Pkg.Name() != "main" && (many || c.Signals().Stops()) && f.returns(c, call):
		f.pass.Reportf(call.Expr, "signal.Notify without signal.Stop: when nobody reads the channel any more its signals still do not end the program")
	default:
		return false
	}
	return true
}

// constructed reports a channel that a constructor registers, itself or by a helper: each object leaves one behind.
func (f finder) constructed(c *signals.Channel) bool {
	if f.command || slices.ContainsFunc(c.Receives, exits) {
		return false
	}
	for fn, decl := range f.pkg.Functions() {
		if !constructor(fn) || code.IsTest(f.pass.Fset, decl.Node().Pos()) {
			continue
		}
		for call := range signals.Synchronous(decl) {
			if registers(call, c) {
				f.pass.Reportf(call, "signal.Notify from %s without signal.Stop: each call leaves a channel registered", fn.Name())
				return true
			}
		}
	}
	return false
}

func constructor(fn *types.Func) bool {
	return fn.Signature().Recv() == nil && fn.Exported() && (strings.HasPrefix(fn.Name(), "New") || strings.HasPrefix(fn.Name(), "Open")) && !signals.Speaks(fn.Name())
}

// registers reports whether a call registers a channel.
func registers(call *ast.CallExpr, c *signals.Channel) bool {
	return slices.ContainsFunc(c.Notifies, func(n *signals.Call) bool { return n.Expr == call })
}

// madeBy reports whether the function that registers the channel makes it.
func madeBy(c *signals.Channel, call *signals.Call) bool {
	decl := code.Declaration(call.At)
	return decl.Valid() && slices.ContainsFunc(c.Makes, func(m *ast.CallExpr) bool {
		return decl.Node().Pos() <= m.Pos() && m.End() <= decl.Node().End()
	})
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
	loop, ok := code.Loop(call.At)
	if !ok || len(c.Makes) != 1 {
		return false
	}
	n, m := loop.Node(), c.Makes[0]
	return n.Pos() <= m.Pos() && m.End() <= n.End() && continues(loop)
}

// continues reports whether a loop may have another turn: its last statement does not
// leave it.
func continues(loop inspector.Cursor) bool {
	body := code.LoopBody(loop.Node())
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

// returns reports whether somebody receives from the channel, and may cease to before the
// program ends.
func (f finder) returns(c *signals.Channel, notify *signals.Call) bool {
	for _, r := range c.Receives {
		if forever(r) || exits(r) && !f.outlived(r) || !f.ceases(r, notify) {
			return false
		}
	}
	return len(c.Receives) > 0
}

// outlived reports whether a receive that exits the program is one case of a select of which
// another one leaves the function: in a library the program may go on after that, and the
// signals that would have ended it do nothing.
func (f finder) outlived(receive inspector.Cursor) bool {
	if f.command || !alternatives(receive) {
		return false
	}
	for clause := range receive.Enclosing((*ast.CommClause)(nil)) {
		for other := range clause.Parent().Children() {
			if n := other.Node().(*ast.CommClause); other != clause && n.Comm != nil && code.EndsInReturn(n.Body) {
				return true
			}
		}
		break
	}
	return false
}

// ceases reports whether a receive may be left before a signal comes: it is one case of
// several, or it is in another function than the one that registers, which does not wait
// for it. What only a signal can end lives as long as the program.
func (f finder) ceases(receive inspector.Cursor, notify *signals.Call) bool {
	decl := code.Declaration(notify.At)
	here := code.Function(receive) == code.Function(notify.At)
	if !decl.Valid() || f.exitsWith(decl) || f.command && (decl != code.Function(receive) || f.lives(decl)) {
		return false
	}
	if alternatives(receive) {
		return !f.command || f.timed(receive)
	}
	if here {
		return !f.command && f.perObject(decl)
	}
	return !f.command && !f.lives(decl)
}

// exitsWith reports whether a function is only called for the code that the program exits with,
// as in os.Exit(run()).
func (f finder) exitsWith(decl inspector.Cursor) bool {
	fn, found := f.pass.TypesInfo.Defs[decl.Node().(*ast.FuncDecl).Name], false
	for cur := range f.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if callee := f.pkg.Callee(cur.Node().(*ast.CallExpr)); callee == nil || callee != fn {
			continue
		}
		outer, ok := cur.Parent().Node().(*ast.CallExpr)
		if !ok || !signals.Ends(outer) {
			return false
		}
		found = true
	}
	return found
}

// perObject reports whether a function is a method that only go statements run: one
// goroutine for each of the objects.
func (f finder) perObject(decl inspector.Cursor) bool {
	n := decl.Node().(*ast.FuncDecl)
	if n.Recv == nil {
		return false
	}
	fn, found := f.pass.TypesInfo.Defs[n.Name], false
	for cur := range f.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if callee := f.pkg.Callee(cur.Node().(*ast.CallExpr)); callee == nil || callee != fn {
			continue
		}
		if _, isGo := cur.Parent().Node().(*ast.GoStmt); !isGo {
			return false
		}
		found = true
	}
	return found
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

// timed reports whether another case of the select of a receive is the end of a time or
// a context: in a command, what ends with its work ends with the program.
func (f finder) timed(receive inspector.Cursor) bool {
	for choice := range receive.Enclosing((*ast.SelectStmt)(nil)) {
		for cur := range choice.Preorder((*ast.CallExpr)(nil)) {
			switch code.Callee(f.pass.TypesInfo, cur.Node().(*ast.CallExpr)) {
			case "time.After", "(context.Context).Done":
				return true
			}
		}
		break
	}
	return false
}

// lives reports whether a function is, by its name, one that lives as long as the
// program: what serves and runs, and a function (not a method, of which there is one for
// each object) that is there to take signals.
func (f finder) lives(decl inspector.Cursor) bool {
	n := decl.Node().(*ast.FuncDecl)
	if n.Recv == nil && signals.Speaks(n.Name.Name) {
		return true
	}
	name := strings.ToLower(n.Name.Name)
	for _, prefix := range []string{"serve", "run", "main", "execute", "listen", "start"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// forever reports whether a receive is in a loop that nothing leaves.
func forever(receive inspector.Cursor) bool {
	loop, ok := code.Loop(receive)
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
