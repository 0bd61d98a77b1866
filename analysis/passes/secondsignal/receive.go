// SPDX-License-Identifier: Apache-2.0

package secondsignal

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// unboundedly is what a stop does that nothing but SIGKILL cuts short.
const unboundedly = " waits without a bound"

// received returns the unbounded stop that follows the receive of the first signal, or of
// the end of a context, and what it does. The registration is nil where another package
// makes it.
func (f finder) received(call *signals.Call, at inspector.Cursor) (*ast.CallExpr, string) {
	after := signals.After(at)
	if stop, how := f.follows(after); stop != nil {
		if f.unheard(stop) {
			return nil, ""
		}
		return stop, how + unboundedly
	}
	if stop, how := f.caller(call, at, after); stop != nil {
		return stop, how + unboundedly
	}
	if stop, how := f.follows(f.interrupts(at)); stop != nil {
		return stop, how + unboundedly
	}
	if stop, how := f.deferred(call, at, after); stop != nil {
		return stop, how + unboundedly
	}
	if told := f.child(after); told != nil && call != nil && call.Op == signals.Notify && len(call.Channel.Stops) == 0 {
		return told, "the end of the child that was told is waited for without a bound"
	}
	// A receive that is all of a goroutine tells others to stop, and its function waits.
	// A deferred Stop runs when it ends.
	start, ok := f.started(code.Function(at))
	if !ok || call != nil && call.Channel != nil && len(call.Channel.Stops) > 0 || f.exits(after) || f.exitsBeside(after) {
		return nil, ""
	}
	if stop, how := f.follows(signals.After(start)); stop != nil {
		return stop, how + unboundedly
	}
	if cancel := f.cancels(after); cancel != nil && !looped(at) && call != nil && call.Op == signals.Notify && !f.bounds(at, start) {
		if f.slow(start) {
			return cancel, "what the first one cancels comes to its end"
		}
		return f.cancelled(cancel)
	}
	return nil, ""
}

// groupAdd adds an actor to a group of github.com/oklog/run: when one of them has returned,
// it calls the interrupt functions of all.
const groupAdd = "(*github.com/oklog/run.Group).Add"

// interrupts returns what the interrupt functions of a group do, for a place in one of its
// actors.
func (f finder) interrupts(at inspector.Cursor) []inspector.Cursor {
	actor, decl := code.Function(at), code.Declaration(at)
	if !actor.Valid() || !decl.Valid() {
		return nil
	}
	if kind, i := actor.ParentEdge(); kind != edge.CallExpr_Args || i != 0 || !code.IsCall(f.pass.TypesInfo, actor.Parent().Node(), groupAdd) {
		return nil
	}
	group := f.receiver(actor.Parent())
	var out []inspector.Cursor
	for cur := range decl.Preorder((*ast.CallExpr)(nil)) {
		if code.IsCall(f.pass.TypesInfo, cur.Node(), groupAdd) && len(cur.Node().(*ast.CallExpr).Args) == 2 && f.receiver(cur) == group {
			if arg := cur.ChildAt(edge.CallExpr_Args, 1); isLiteral(arg) {
				out = append(out, arg.ChildAt(edge.FuncLit_Body, -1))
			}
		}
	}
	return out
}

func isLiteral(at inspector.Cursor) bool {
	_, ok := at.Node().(*ast.FuncLit)
	return ok
}

// receiver returns the variable that a method is called on.
func (f finder) receiver(call inspector.Cursor) types.Object {
	sel, ok := call.Node().(*ast.CallExpr).Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	return code.ObjectOf(f.pass.TypesInfo, sel.X)
}

// cancelled returns the unbounded stop that follows the end of the context that a call
// cancels.
func (f finder) cancelled(cancel *ast.CallExpr) (*ast.CallExpr, string) {
	ctx := f.contextOf(code.ObjectOf(f.pass.TypesInfo, cancel.Fun))
	if ctx == nil {
		return nil, ""
	}
	return f.ends(nil, f.derived(ctx))
}

// unheard reports whether a stop is the Shutdown of net/http in a goroutine that tells
// nobody when it is over: the program ends without it.
func (f finder) unheard(stop *ast.CallExpr) bool {
	at, ok := f.pass.Inspect.Root().FindNode(stop)
	return ok && code.IsCall(f.pass.TypesInfo, stop, "(*net/http.Server).Shutdown") && server.Unheard(f.pass.TypesInfo, at)
}

// caller returns an unbounded stop that follows in a caller of the function that waits for
// the signal, such as waitForSignal(), and does not give it back.
func (f finder) caller(call *signals.Call, at inspector.Cursor, after []inspector.Cursor) (*ast.CallExpr, string) {
	fn := code.Function(at)
	if !fn.Valid() || call == nil || call.Channel == nil || len(call.Channel.Stops) > 0 || f.exits(after) || f.exitsBeside(after) {
		return nil, ""
	}
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok || code.Declaration(call.At) != fn {
		return nil, ""
	}
	obj := f.pass.TypesInfo.Defs[decl.Name]
	for cur := range f.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		callee := f.pkg.Callee(cur.Node().(*ast.CallExpr))
		if callee == nil || callee != obj {
			continue
		}
		if _, isGo := cur.Parent().Node().(*ast.GoStmt); isGo {
			continue
		}
		if stop, how := f.follows(signals.After(cur)); stop != nil {
			return stop, how
		}
	}
	return nil, ""
}

// started returns the go statement that runs a function, if nothing else runs it.
func (f finder) started(fn inspector.Cursor) (inspector.Cursor, bool) {
	if !fn.Valid() {
		return fn, false
	}
	if decl, ok := fn.Node().(*ast.FuncDecl); ok {
		return f.startedByName(decl)
	}
	call := fn.Parent()
	if c, ok := call.Node().(*ast.CallExpr); !ok || c.Fun != fn.Node() {
		return fn, false
	}
	_, ok := call.Parent().Node().(*ast.GoStmt)
	return call.Parent(), ok
}

func (f finder) startedByName(decl *ast.FuncDecl) (start inspector.Cursor, ok bool) {
	fn := f.pass.TypesInfo.Defs[decl.Name]
	for cur := range f.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if callee := f.pkg.Callee(cur.Node().(*ast.CallExpr)); callee == nil || callee != fn {
			continue
		}
		if _, isGo := cur.Parent().Node().(*ast.GoStmt); !isGo || ok {
			return start, false
		}
		start, ok = cur.Parent(), true
	}
	return start, ok
}

// cancels returns the call that ends a context among the statements.
func (f finder) cancels(stmts []inspector.Cursor) *ast.CallExpr {
	for _, stmt := range stmts {
		for call := range signals.Synchronous(stmt) {
			if t := f.pass.TypesInfo.TypeOf(call.Fun); t != nil && code.IsNamed(t, "context.CancelFunc") {
				return call
			}
		}
	}
	return nil
}

// slow reports whether what a context ends may take long: it is all that the program
// does, or something follows that is given a context without an end.
func (f finder) slow(start inspector.Cursor) bool {
	if f.pass.Pkg.Name() == "main" {
		return true
	}
	for _, stmt := range signals.After(start) {
		for call := range signals.Synchronous(stmt) {
			made := strings.HasPrefix(code.Callee(f.pass.TypesInfo, call), "context.")
			if !made && slices.ContainsFunc(call.Args, func(e ast.Expr) bool { return never(f.pass.TypesInfo, ast.Unparen(e)) }) {
				return true
			}
		}
	}
	return false
}

func looped(at inspector.Cursor) bool {
	_, ok := code.Loop(at)
	return ok
}

// bounds reports whether the functions that receive and that start the receiver know of
// a limit of time.
func (f finder) bounds(at, start inspector.Cursor) bool {
	for _, cur := range []inspector.Cursor{code.Declaration(at), code.Declaration(start)} {
		if l := f.limits([]inspector.Cursor{cur}); l.context || l.timer {
			return true
		}
	}
	return false
}
