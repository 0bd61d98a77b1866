// SPDX-License-Identifier: Apache-2.0

package signalloop

import (
	_ "embed"
	"go/ast"
	"syscall"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports loops that take a terminating signal and do nothing with it.
var Analyzer = check.New(doc, run, signals.Analyzer)

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil || pkg.Foreign() {
		return nil, nil
	}
	for _, c := range pkg.Channels {
		l := c.Signals()
		if c.Escapes || c.Unknown || !l.Known && !l.All || len(c.Receives) != 1 || elsewhere(pkg, c) {
			continue
		}
		r := c.Receives[0]
		if code.IsTest(pass.Fset, r.Node().Pos()) {
			continue
		}
		for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			if !l.Has(s) {
				continue
			}
			if deaf(pass, pkg, r, s) {
				pass.Reportf(at(r), "this loop takes %s and goes on: the program has to be killed", name(s))
				break
			}
			if len(c.Closes) == 0 && stays(pass, pkg, r, s) {
				pass.Reportf(c.Notifies[0].Expr, "the loop that takes %s stops what runs and then waits for the next signal: the program never ends", name(s))
				break
			}
		}
	}
	return nil, nil
}

func name(s syscall.Signal) string {
	if s == syscall.SIGTERM {
		return "SIGTERM"
	}
	return "SIGINT"
}

// at returns what to report: the channel of a range statement, not its body.
func at(receive inspector.Cursor) ast.Node {
	if loop, ok := receive.Node().(*ast.RangeStmt); ok {
		return loop.X
	}
	return receive.Node()
}

// elsewhere reports whether another channel gets a terminating signal, or it is given
// back: then this loop need not care.
func elsewhere(pkg *signals.Package, c *signals.Channel) bool {
	for _, call := range pkg.Calls {
		switch {
		case call.Op == signals.Reset || call.Op == signals.NotifyContext:
			return true
		case call.Op != signals.Notify || call.Channel == c:
		case call.Signals.May(syscall.SIGTERM) || call.Signals.May(syscall.SIGINT):
			if pkg.Together(call, c.Notifies[0]) {
				return true
			}
		}
	}
	return false
}

// deaf reports whether nothing comes of a signal after it has been received.
func deaf(pass *check.Pass, pkg *signals.Package, receive inspector.Cursor, s syscall.Signal) bool {
	w, body, ok := newWalk(pass, pkg, receive, s)
	return ok && w.all(body)
}

// stays reports whether what runs is stopped for a signal, but not the loop that has taken
// it, which the program waits for.
func stays(pass *check.Pass, pkg *signals.Package, receive inspector.Cursor, s syscall.Signal) bool {
	w, body, ok := newWalk(pass, pkg, receive, s)
	return ok && w.alone(receive) && w.stopsAndStays(body)
}

// newWalk returns a walk through what follows the receive of a signal in its loop.
func newWalk(pass *check.Pass, pkg *signals.Package, receive inspector.Cursor, s syscall.Signal) (w *walk, body []inspector.Cursor, ok bool) {
	loop, body, ok := handler(receive)
	if !ok {
		return nil, nil, false
	}
	w = &walk{pass: pass, pkg: pkg, signal: s, loop: loop}
	if id := received(receive); id != nil {
		w.variable = pass.TypesInfo.ObjectOf(id)
	}
	return w, body, true
}

// handler returns the loop that a receive is in, and the statements of it that follow
// the receive before the next turn.
func handler(receive inspector.Cursor) (loop inspector.Cursor, body []inspector.Cursor, ok bool) {
	if _, isRange := receive.Node().(*ast.RangeStmt); isRange {
		return receive, list(receive.ChildAt(edge.RangeStmt_Body, -1)), true
	}
	loop, ok = code.Loop(receive)
	if !ok {
		return loop, nil, false
	}
	if f, isFor := loop.Node().(*ast.ForStmt); !isFor || f.Cond != nil {
		return loop, nil, false
	}
	for _, stmt := range signals.After(receive) {
		if loop.Contains(stmt) {
			body = append(body, stmt)
		}
	}
	return loop, body, true
}

func list(block inspector.Cursor) []inspector.Cursor {
	var out []inspector.Cursor
	for stmt := range block.Children() {
		out = append(out, stmt)
	}
	return out
}

// received returns the variable that the signal is put in.
func received(receive inspector.Cursor) *ast.Ident {
	if loop, ok := receive.Node().(*ast.RangeStmt); ok {
		id, _ := loop.Key.(*ast.Ident)
		return id
	}
	if assign, ok := receive.Parent().Node().(*ast.AssignStmt); ok {
		id, _ := assign.Lhs[0].(*ast.Ident)
		return id
	}
	return nil
}
