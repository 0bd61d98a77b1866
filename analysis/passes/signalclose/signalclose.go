// SPDX-License-Identifier: Apache-2.0

package signalclose

import (
	_ "embed"
	"go/ast"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports the close of a channel that signal.Notify still sends to.
var Analyzer = check.New(doc, run, signals.Analyzer)

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil {
		return nil, nil
	}
	for _, c := range pkg.Channels {
		for _, closing := range c.Closes {
			if !stopped(pkg, c, closing) {
				pass.Reportf(closing.Node(), "close of a channel that signal.Notify still sends to: the next signal is a panic that nobody can recover")
			}
		}
	}
	return nil, nil
}

// stopped reports whether the channel may be out of use when it is closed.
func stopped(pkg *signals.Package, c *signals.Channel, closing inspector.Cursor) bool {
	for _, stop := range c.Stops {
		if before(stop.At, closing) {
			return true
		}
	}
	for _, call := range pkg.Calls {
		reset := call.Op == signals.Reset || call.Op == signals.Ignore
		if reset && code.Declaration(call.At) == code.Declaration(closing) && before(call.At, closing) {
			return true
		}
	}
	return false
}

// waits reports whether a call is all that a goroutine does when a context or a channel
// ends: then it comes at some time, not before.
func waits(call inspector.Cursor) bool {
	lit := code.Function(call)
	if !lit.Valid() {
		return false
	}
	expr, ok := lit.Parent().Node().(*ast.CallExpr)
	if !ok || expr.Fun != lit.Node() {
		return false
	}
	if _, ok := lit.Parent().Parent().Node().(*ast.GoStmt); !ok {
		return false
	}
	body := lit.Node().(*ast.FuncLit).Body.List
	return len(body) == 2 && call.Node().Pos() > body[0].End()
}

// before reports whether one call may come before another: it is in another function, or
// further up in the same one. Deferred calls run from the last to the first, after all
// others.
func before(first, second inspector.Cursor) bool {
	if code.Function(first) != code.Function(second) {
		return !waits(first)
	}
	a, b := signals.Deferred(first), signals.Deferred(second)
	switch {
	case a && b:
		return first.Node().Pos() > second.Node().Pos()
	case a != b:
		return b
	}
	return first.Node().Pos() < second.Node().Pos()
}
