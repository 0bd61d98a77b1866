// SPDX-License-Identifier: Apache-2.0

package exitgoroutine

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/gostmt"
)

// deliberate reports whether a goroutine gets to an exit only after it has cleaned up
// by itself or asked others to stop, or because time is up, or at a second signal.
func (c *checker) deliberate(g gostmt.Goroutine, exit inspector.Cursor) bool {
	if c.timedOut(g, exit) {
		return true
	}
	if loop, ok := code.Loop(exit); ok && g.Func.Contains(loop) && c.ofSignals(loop.Node()) && c.stopsIn(g, loop) {
		return true // at the signal before
	}
	receives := 0
	for cur := range g.Func.Preorder((*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil)) {
		n := cur.Node()
		if n.Pos() >= exit.Node().Pos() {
			break
		}
		if own, _ := code.Enclosing(cur); own != g.Func || !c.know.Reaches(cur, exit) {
			continue
		}
		switch n := n.(type) {
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				receives++
				if c.receivedBefore(g, n.X) {
					return true
				}
			}
		case *ast.CallExpr:
			if c.stops(n) {
				return true
			}
		}
	}
	return receives > 1
}

// stops reports whether a call cleans up, asks something to stop, or waits for a time.
func (c *checker) stops(call *ast.CallExpr) bool {
	if code.IsBuiltin(c.TypesInfo, call, "close") || code.IsCall(c.TypesInfo, call, "time.After", "time.Sleep", "time.NewTimer") {
		return true
	}
	if c.know.Effect(call).Loss != "" {
		return true
	}
	if t := c.TypesInfo.TypeOf(call.Fun); t != nil && code.IsNamed(t, "context.CancelFunc") {
		return true
	}
	return namesEnd(call)
}

// namesEnd reports whether the name of a function is that of an end.
func namesEnd(call *ast.CallExpr) bool {
	name := code.CallName(call)
	for _, verb := range []string{"stop", "close", "shutdown", "cancel", "clean", "teardown", "quit", "terminate", "kill", "flush", "drain", "destroy", "finish", "unregister", "deregister", "release", "restore", "remove"} {
		if strings.Contains(name, verb) {
			return true
		}
	}
	return false
}

// receivedBefore reports whether the function that starts a goroutine has received from a
// channel before: the goroutine waits for the second signal.
func (c *checker) receivedBefore(g gostmt.Goroutine, ch ast.Expr) bool {
	starter, ok := code.Enclosing(g.Start)
	v := code.ObjectOf(c.TypesInfo, ch)
	if !ok || v == nil {
		return false
	}
	for cur := range starter.Preorder((*ast.UnaryExpr)(nil)) {
		n := cur.Node().(*ast.UnaryExpr)
		if n.Op == token.ARROW && n.Pos() < g.Start.Node().Pos() && code.ObjectOf(c.TypesInfo, n.X) == v {
			return true
		}
	}
	return false
}

// timedOut reports whether a goroutine comes to an exit because a context's time is up.
func (c *checker) timedOut(g gostmt.Goroutine, exit inspector.Cursor) bool {
	for branch := range exit.Enclosing((*ast.IfStmt)(nil)) {
		if n := branch.Node().(*ast.IfStmt); g.Func.Contains(branch) && n.Body.Pos() < exit.Node().Pos() && asksDeadline(n.Cond) {
			return true
		}
	}
	return false
}

func asksDeadline(cond ast.Expr) (found bool) {
	ast.Inspect(cond, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == "DeadlineExceeded"
		return !found
	})
	return found
}

// ofSignals reports whether a loop goes over the signals of a channel.
func (c *checker) ofSignals(loop ast.Node) bool {
	over, ok := loop.(*ast.RangeStmt)
	if !ok {
		return false
	}
	t := c.TypesInfo.TypeOf(over.X)
	return code.IsChan(t) && code.IsNamed(t.Underlying().(*types.Chan).Elem(), "os.Signal")
}

// stopsIn reports whether a loop asks something to stop.
func (c *checker) stopsIn(g gostmt.Goroutine, loop inspector.Cursor) bool {
	for cur := range loop.Preorder((*ast.CallExpr)(nil)) {
		if own, _ := code.Enclosing(cur); own != g.Func {
			continue
		}
		if call := cur.Node().(*ast.CallExpr); c.stops(call) {
			return true
		}
	}
	return false
}
