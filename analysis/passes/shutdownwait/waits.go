// SPDX-License-Identifier: Apache-2.0

package shutdownwait

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// waitNames begin the names of functions that wait.
var waitNames = []string{"wait", "join", "drain", "shutdown", "stop", "gracefulstop", "sleep", "await", "block"}

// stopName reports whether a function is one that stops something.
func stopName(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "stop") || strings.HasPrefix(name, "close") || strings.HasPrefix(name, "shutdown")
}

// waits reports whether code waits for something, or may: it receives, selects, ranges
// over a channel, or calls what is named so or does so.
func (c *checker) waits(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		case *ast.SelectStmt, *ast.SendStmt:
			found = true
		case *ast.RangeStmt:
			found = found || code.IsChan(c.pass.TypesInfo.TypeOf(n.X))
		case *ast.GoStmt:
			return false
		case *ast.CallExpr:
			found = found || c.waitingCall(n)
		}
		return !found
	})
	return found
}

func (c *checker) waitingCall(call *ast.CallExpr) bool {
	callee := typeutil.Callee(c.pass.TypesInfo, call)
	if isCancel(callee) || callee != nil && callee.Pkg() != nil && notWaiting[callee.Pkg().Path()] && callee.Name() == "Stop" {
		return false
	}
	name := strings.ToLower(calledName(call))
	for _, w := range waitNames {
		if strings.HasPrefix(name, w) || strings.HasSuffix(name, "wait") {
			return true
		}
	}
	for _, arg := range call.Args {
		if code.IsChan(c.pass.TypesInfo.TypeOf(arg)) && !code.IsBuiltin(c.pass.TypesInfo, call, "close") && !code.IsBuiltin(c.pass.TypesInfo, call, "make") &&
			!code.IsCall(c.pass.TypesInfo, call, "os/signal.Stop", "os/signal.Notify") {
			return true
		}
	}
	if _, ok := callee.(*types.Var); ok {
		return true // a function value: it may
	}
	decl := c.info.Callee(c.pass.TypesInfo, call)
	return decl != nil && receives(c.pass.TypesInfo, decl.Body)
}

// notWaiting are packages whose Stop does not wait.
var notWaiting = map[string]bool{"os/signal": true, "time": true}

// isCancel reports whether a called variable is what ends a context: of the type of
// context, or of the function that context.AfterFunc returns.
func isCancel(callee types.Object) bool {
	v, ok := callee.(*types.Var)
	if !ok {
		return false
	}
	if code.IsNamed(v.Type(), "context.CancelFunc") || code.IsNamed(v.Type(), "context.CancelCauseFunc") {
		return true
	}
	sig, ok := v.Type().Underlying().(*types.Signature)
	return ok && sig.Params().Len() == 0 && sig.Results().Len() == 1 && types.Identical(sig.Results().At(0).Type(), types.Typ[types.Bool])
}

// receives reports whether a function waits in its own body.
func receives(info *types.Info, body ast.Node) bool {
	found := false
	server.Own(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		case *ast.SelectStmt:
			found = true
		case *ast.RangeStmt:
			found = found || code.IsChan(info.TypeOf(n.X))
		case *ast.CallExpr:
			found = found || strings.HasPrefix(strings.ToLower(calledName(n)), "wait")
		}
		return !found
	})
	return found
}

func calledName(call *ast.CallExpr) string {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// isAfterFunc reports whether a node is a call of context.AfterFunc.
func isAfterFunc(info *types.Info, n ast.Node) bool {
	return n != nil && code.IsCall(info, n, "context.AfterFunc")
}

// waitsForContext reports whether a goroutine receives something before the call: it
// waits to be told to stop.
func waitsForContext(info *types.Info, body ast.Node, call *ast.CallExpr) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if u, ok := n.(*ast.UnaryExpr); ok && u.Op == token.ARROW && u.Pos() < call.Pos() {
			found = true
		}
		return !found
	})
	return found
}

// tells reports whether a goroutine tells somebody that it is done, or ends the process:
// behind the stop, or in what it defers, it does more than receive, log, and handle
// contexts.
func (c *checker) tells(body ast.Node, stop *ast.CallExpr) bool {
	begin := stop.Pos()
	if loops(body) {
		begin = body.Pos()
	}
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if found || n == nil {
			return false
		}
		if n.End() > begin {
			found = c.tellsAt(body, n, stop)
			return true
		}
		if deferred, ok := n.(*ast.DeferStmt); ok {
			ast.Inspect(deferred.Call, func(n ast.Node) bool {
				found = found || c.tellsAt(body, n, stop)
				return !found
			})
		}
		_, block := n.(*ast.BlockStmt)
		return block // which may defer
	})
	return found
}

// tellsAt reports it of one node of the goroutine.
func (c *checker) tellsAt(body, n ast.Node, stop *ast.CallExpr) bool {
	switch n := n.(type) {
	case *ast.SendStmt:
		return true
	case *ast.AssignStmt:
		return c.assignsOutside(body, n)
	case *ast.CallExpr:
		return n != stop && !c.tellsNothing(n)
	}
	return false
}

// loops reports whether code repeats what it does.
func loops(body ast.Node) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			found = true
		}
		return !found
	})
	return found
}

// assignsOutside reports whether an assignment is to what is declared outside body: a
// flag, or a result.
func (c *checker) assignsOutside(body ast.Node, a *ast.AssignStmt) bool {
	for _, l := range a.Lhs {
		id, ok := l.(*ast.Ident)
		if !ok {
			return true
		}
		if o := c.pass.TypesInfo.ObjectOf(id); o != nil && (o.Pos() < body.Pos() || o.Pos() > body.End()) {
			return true
		}
	}
	return false
}

// tellsNothing reports whether a call cannot be how somebody learns of the end.
func (c *checker) tellsNothing(call *ast.CallExpr) bool {
	info := c.pass.TypesInfo
	callee := code.Callee(info, call)
	switch {
	case c.info.Fatal(info, call):
		return false
	case strings.HasPrefix(callee, "context."), strings.HasPrefix(callee, "(context.Context)."), strings.HasPrefix(callee, "time."),
		strings.HasPrefix(callee, "(time."), strings.HasPrefix(callee, "os/signal."), strings.HasPrefix(callee, "errors."):
		return true
	case code.IsBuiltin(info, call, "make"), server.Logs(info, call):
		return true
	case strings.HasPrefix(callee, "(*net/http.Server).") || strings.HasPrefix(callee, "(*google.golang.org/grpc.Server)."):
		return true
	}
	return isCancelMadeHere(info, call)
}

// isCancelMadeHere reports whether a call is that of a context's cancel function: the
// variable has that type. Those of contexts from outside are told by it; one that is
// named so and is from context.WithTimeout is the common case, and tells nobody.
func isCancelMadeHere(info *types.Info, call *ast.CallExpr) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	v, ok := info.Uses[id].(*types.Var)
	return ok && code.IsNamed(v.Type(), "context.CancelFunc") && withinSame(v, call, info)
}

// withinSame reports whether a variable is declared in the innermost scope of functions
// that the call is in.
func withinSame(v *types.Var, call *ast.CallExpr, info *types.Info) bool {
	for n, scope := range info.Scopes {
		if _, ok := n.(*ast.FuncType); ok && scope.Contains(call.Pos()) && !scope.Contains(v.Pos()) {
			return false
		}
	}
	return true
}
