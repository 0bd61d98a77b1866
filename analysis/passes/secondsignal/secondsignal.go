// SPDX-License-Identifier: Apache-2.0

package secondsignal

import (
	_ "embed"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports a second signal that has no effect while an unbounded stop runs.
var Analyzer = check.New(doc, run, signals.Analyzer, server.Analyzer)

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil {
		return nil, nil
	}
	if pkg.Foreign() {
		return nil, nil // another handler may care for the second one
	}
	f := finder{pass: pass, pkg: pkg}
	for _, c := range pkg.Channels {
		if c.Signals().Stops() && !c.Escapes && len(c.Receives) == 1 && f.alone(c.Notifies[0], c) {
			f.channel(c)
		}
	}
	for _, call := range pkg.Calls {
		if call.Op == signals.NotifyContext && call.Signals.Stops() && f.alone(call, nil) {
			f.context(call)
		}
	}
	return nil, nil
}

// A finder looks for unbounded stops in one package.
type finder struct {
	pass *check.Pass
	pkg  *signals.Package
}

// alone reports whether no other channel or context gets a signal that may end the
// program, as far as one run of it can be seen.
func (f finder) alone(call *signals.Call, c *signals.Channel) bool {
	if code.IsTest(f.pass.Fset, call.Expr.Pos()) {
		return false
	}
	for _, other := range f.pkg.Calls {
		if other == call || other.Channel != nil && other.Channel == c {
			continue
		}
		takes := other.Op == signals.Notify || other.Op == signals.NotifyContext
		if takes && (other.Signals.All || !other.Signals.Known || other.Signals.Stops()) && f.pkg.Together(call, other) {
			return false
		}
	}
	return true
}

// channel looks at what follows the only receive from a channel.
func (f finder) channel(c *signals.Channel) {
	receive := c.Receives[0]
	if _, ok := receive.Node().(*ast.CallExpr); ok {
		return // in another package
	}
	for _, stop := range c.Stops {
		if !laterThanAll(stop.At, receive) {
			return
		}
	}
	f.receive(c.Notifies[0], receive)
}

// laterThanAll reports whether a call is deferred in the function that has the receive:
// then it comes after whatever follows it.
func laterThanAll(call, receive inspector.Cursor) bool {
	if signals.Deferred(call) {
		return code.Function(call) == code.Function(receive)
	}
	lit := code.Function(call)
	return lit.Valid() && deferredLiteral(lit) && code.Function(lit.Parent()) == code.Function(receive)
}

func deferredLiteral(lit inspector.Cursor) bool {
	_, isLit := lit.Node().(*ast.FuncLit)
	return isLit && signals.Deferred(lit)
}

// receive reports a registration, if an unbounded stop follows the receive of the first
// signal, and says so.
func (f finder) receive(call *signals.Call, at inspector.Cursor) bool {
	after := signals.After(at)
	if stop, how := f.follows(after); stop != nil {
		if f.unheard(stop) {
			return false
		}
		return f.report(call, stop, how+" waits without a bound")
	}
	if stop, how := f.caller(call, at, after); stop != nil {
		return f.report(call, stop, how+" waits without a bound")
	}
	// A receive that is all of a goroutine tells others to stop, and its function waits.
	// A deferred Stop runs when it ends.
	start, ok := f.started(code.Function(at))
	if !ok || call.Channel != nil && len(call.Channel.Stops) > 0 || f.exits(after) || f.exitsBeside(after) {
		return false
	}
	if stop, how := f.follows(signals.After(start)); stop != nil {
		return f.report(call, stop, how+" waits without a bound")
	}
	if cancel := f.cancels(after); cancel != nil && !looped(at) && call.Op == signals.Notify && !f.bounds(at, start) && f.slow(start) {
		return f.report(call, cancel, "what the first one cancels comes to its end")
	}
	return false
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
	if !fn.Valid() || call.Channel == nil || len(call.Channel.Stops) > 0 || f.exits(after) || f.exitsBeside(after) {
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

func (f finder) report(call *signals.Call, stop *ast.CallExpr, how string) bool {
	f.pass.Report(analysis.Diagnostic{
		Pos: call.Expr.Pos(), End: call.Expr.End(),
		Message: "a second signal has no effect: nobody receives it while " + how,
		Related: []analysis.RelatedInformation{{Pos: stop.Pos(), End: stop.End(), Message: "the stop is here"}},
	})
	return true
}

// context looks at what follows <-ctx.Done() of a context from NotifyContext whose stop
// is only deferred.
func (f finder) context(call *signals.Call) {
	assign, ok := call.At.Parent().Node().(*ast.AssignStmt)
	if !ok || len(assign.Lhs) != 2 {
		return
	}
	stop, ctx := code.ObjectOf(f.pass.TypesInfo, assign.Lhs[1]), code.ObjectOf(f.pass.TypesInfo, assign.Lhs[0])
	if stop == nil || ctx == nil || !f.onlyDeferred(stop) {
		return
	}
	contexts := f.derived(ctx)
	for cur := range f.pass.Inspect.Root().Preorder((*ast.UnaryExpr)(nil)) {
		if obj := doneOf(f.pass.TypesInfo, cur.Node().(*ast.UnaryExpr)); obj != nil && contexts[obj] && f.receive(call, cur) {
			return
		}
	}
}

// onlyDeferred reports whether the stop of a context is called by defer only.
func (f finder) onlyDeferred(stop types.Object) bool {
	if _, local := stop.(*types.Var); !local || stop.Parent() == f.pass.Pkg.Scope() {
		return false
	}
	for cur := range f.pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		if f.pass.TypesInfo.Uses[cur.Node().(*ast.Ident)] != stop {
			continue
		}
		call, ok := cur.Parent().Node().(*ast.CallExpr)
		if _, deferred := cur.Parent().Parent().Node().(*ast.DeferStmt); !ok || call.Fun != cur.Node() || !deferred {
			return false
		}
	}
	return true
}
