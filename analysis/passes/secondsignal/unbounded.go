// SPDX-License-Identifier: Apache-2.0

package secondsignal

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// follows returns the first call that waits without a bound among the statements behind
// a receive, and what it is. There is none if something before it, or a goroutine or timer
// beside it, lets another signal or a limit of time through.
func (f finder) follows(stmts []inspector.Cursor) (*ast.CallExpr, string) {
	if f.exitsBeside(stmts) {
		return nil, ""
	}
	near := f.limits(stmts)
	for _, stmt := range stmts {
		for call := range signals.Synchronous(stmt) {
			if run := f.pkg.Registered(call); run != nil && near == (limits{}) && f.endsProgram(stmts) && !f.reload(stmt, call) {
				return run, f.pkg.Callee(run).Name()
			}
			if f.gives(call) || signals.Ends(call) {
				return nil, ""
			}
			if how := f.unbounded(call, near, 0); how != "" && !f.reload(stmt, call) {
				return call, how
			}
		}
	}
	return nil, ""
}

// gives reports whether a call gives the signals back, or takes them in another way.
func (f finder) gives(call *ast.CallExpr) bool {
	for _, c := range f.pkg.Calls {
		if c.Expr == call {
			return true
		}
	}
	return false
}

// exits reports whether one of the statements ends the program.
func (f finder) exits(stmts []inspector.Cursor) bool {
	for _, stmt := range stmts {
		for call := range signals.Synchronous(stmt) {
			if signals.Ends(call) || f.gives(call) {
				return true
			}
		}
	}
	return false
}

// endsProgram is exits, also by functions of the package that end with an exit.
func (f finder) endsProgram(stmts []inspector.Cursor) bool {
	for _, stmt := range stmts {
		for call := range signals.Synchronous(stmt) {
			if f.pkg.EndsProgram(call) {
				return true
			}
		}
	}
	return false
}

// exitsBeside reports whether a goroutine or a timer among the statements may end the
// program.
func (f finder) exitsBeside(stmts []inspector.Cursor) bool {
	for _, stmt := range stmts {
		for cur := range stmt.Preorder((*ast.FuncLit)(nil)) {
			for inner := range cur.Preorder((*ast.CallExpr)(nil)) {
				call := inner.Node().(*ast.CallExpr)
				if signals.Ends(call) || f.gives(call) {
					return true
				}
			}
		}
	}
	return false
}

// limits are the limits of time that are near a wait.
type limits struct{ context, timer bool }

// limits returns the limits of time among statements: what waits for goroutines is then
// as a rule bounded by them.
func (f finder) limits(stmts []inspector.Cursor) (l limits) {
	for _, stmt := range stmts {
		for cur := range stmt.Preorder((*ast.CallExpr)(nil)) {
			switch code.Callee(f.pass.TypesInfo, cur.Node().(*ast.CallExpr)) {
			case "context.WithTimeout", "context.WithDeadline", "context.WithTimeoutCause", "context.WithDeadlineCause":
				l.context = true
			case "time.After", "time.AfterFunc", "time.NewTimer":
				l.timer = true
			}
		}
	}
	return l
}

// depth is how many functions of the package are looked into.
const depth = 3

// unbounded returns what a call waits for without a bound, empty for others.
func (f finder) unbounded(call *ast.CallExpr, near limits, level int) string {
	switch name := code.Callee(f.pass.TypesInfo, call); name {
	case "":
		return ""
	case "(*google.golang.org/grpc.Server).GracefulStop":
		if near.timer { // it takes no context
			return ""
		}
		return "GracefulStop"
	case "(*sync.WaitGroup).Wait", "(*golang.org/x/sync/errgroup.Group).Wait":
		if near.timer || near.context {
			return ""
		}
		return "Wait"
	case "(github.com/hashicorp/raft.Future).Error": // of a Shutdown: it waits for the goroutines
		if near.timer || near.context {
			return ""
		}
		return "Error"
	}
	fn := f.pkg.Callee(call)
	if (fn.Name() == "Shutdown" || fn.Name() == "Stop") && f.endless(call) || f.wrapped(call, near) {
		return fn.Name()
	}
	if !stops(fn.Name()) {
		return ""
	}
	if decl, ok := f.pkg.Declared(fn); ok {
		if level < depth && f.waits(decl, near, level) {
			return fn.Name()
		}
		return ""
	}
	var s stop
	if !near.timer && !near.context && f.pass.ImportObjectFact(fn, &s) && s.Always {
		return fn.Name()
	}
	return ""
}

// waits reports whether a function waits for something without a bound.
func (f finder) waits(decl inspector.Cursor, near limits, level int) bool {
	inside := f.limits([]inspector.Cursor{decl})
	near = limits{near.context || inside.context, near.timer || inside.timer}
	for inner := range signals.Synchronous(decl) {
		if f.gives(inner) || signals.Ends(inner) {
			return false
		}
		if f.unbounded(inner, near, level+1) != "" && !f.reload(decl, inner) {
			return true
		}
	}
	return false
}

// stops reports whether a function stops something, by its name.
func stops(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"stop", "shutdown", "close", "drain", "wait", "quit", "terminate", "clean", "finish", "teardown", "join", "handle", "signal"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// endless reports whether a call is given a context that never ends.
func (f finder) endless(call *ast.CallExpr) bool {
	return len(call.Args) == 1 && f.neverEnds(call.Args[0])
}

func never(info *types.Info, e ast.Expr) bool {
	return code.IsCall(info, e, "context.Background", "context.TODO")
}

func (f finder) neverEnds(ctx ast.Expr) bool {
	for cur := range f.pass.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		if code.ContainsPos(cur.Node(), ctx.Pos()) {
			return code.Endless(f.pass.TypesInfo, ctx, cur.Node())
		}
	}
	return code.Endless(f.pass.TypesInfo, ctx, nil)
}

// wrapped reports whether a call is of a function of the program that shuts a server
// down, without a bound, or with a context that never ends.
func (f finder) wrapped(call *ast.CallExpr, near limits) bool {
	info := f.pass.ResultOf[server.Analyzer].(*server.Info)
	return slices.ContainsFunc(info.Sites, func(s server.Site) bool {
		if s.Op == server.GracefulStop { // of a framework: it takes no context
			return s.Call == call && !near.timer
		}
		return s.Call == call && s.Op == server.Shutdown && (s.Endless || s.Ctx != nil && f.neverEnds(s.Ctx))
	})
}

// reload reports whether a call is in the case of a switch for signals that do not end
// the program.
func (f finder) reload(stmt inspector.Cursor, call *ast.CallExpr) bool {
	at, ok := stmt.FindNode(call)
	if !ok {
		return false
	}
	for outer := range at.Enclosing((*ast.CaseClause)(nil)) {
		known := false
		for _, e := range outer.Node().(*ast.CaseClause).List {
			s, ok := f.pkg.Signal(e)
			if ok && (s == syscall.SIGINT || s == syscall.SIGTERM) {
				return false
			}
			known = known || ok
		}
		if known {
			return true
		}
	}
	return false
}
