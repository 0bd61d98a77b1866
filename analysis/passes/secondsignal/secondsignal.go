// SPDX-License-Identifier: Apache-2.0

package secondsignal

import (
	_ "embed"
	"go/ast"
	"slices"

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
var Analyzer = analyzer()

func analyzer() *analysis.Analyzer {
	a := check.New(doc, run, signals.Analyzer, server.Analyzer)
	a.FactTypes = []analysis.Fact{(*stop)(nil), (*commands)(nil)}
	return a
}

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil && !ofProgram(pass) {
		return nil, nil
	}
	f := newFinder(pass, pkg)
	if ofProgram(pass) {
		f.export()
	}
	if pkg == nil || pkg.Foreign() {
		return nil, nil // another handler may care for the second one
	}
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
	pass         *check.Pass
	pkg          *signals.Package
	uses         uses
	commandsWait bool // without a bound, when the context of the command line has ended
}

func newFinder(pass *check.Pass, pkg *signals.Package) finder {
	if pkg == nil {
		pkg = signals.Plain(pass.Pass)
	}
	f := finder{pass: pass, pkg: pkg}
	if code.Imports(pass.Pkg, "context") || slices.ContainsFunc(pass.Pkg.Imports(), commandLine) {
		f.uses = f.findUses()
		f.commandsWait = f.commands()
	}
	return f
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
	if stop, how := f.received(c.Notifies[0], receive); stop != nil {
		f.report(c.Notifies[0], stop, how)
	}
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

func (f finder) report(call *signals.Call, stop *ast.CallExpr, how string) {
	f.pass.Report(analysis.Diagnostic{
		Pos: call.Expr.Pos(), End: call.Expr.End(),
		Message: "a second signal has no effect: nobody receives it while " + how,
		Related: []analysis.RelatedInformation{{Pos: stop.Pos(), End: stop.End(), Message: "the stop is here"}},
	})
}
