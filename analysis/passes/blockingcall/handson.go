// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
)

// A handing is a call that gives a context that never ends to a function that waits for another
// machine as long as it lets it.
type handing struct {
	call *ast.CallExpr
	wait string        // what waits for that
	at   *ast.CallExpr // what sends the request that it waits for, if it is one of the package
}

// handsOn returns what a call hands on.
func handsOn(pass *check.Pass, cur, fn inspector.Cursor) (h handing, ok bool) {
	n := cur.Node().(*ast.CallExpr)
	if len(n.Args) == 0 || ofExamples(pass.Pkg) || !neverEnds(pass, cur, n.Args[0]) {
		return handing{}, false
	}
	w := pass.ResultOf[waiters].(*waiting)
	how, ok := w.call(cur)
	callee, known := typeutil.Callee(pass.TypesInfo, n).(*types.Func)
	if !ok || !known || strings.HasPrefix(callee.FullName(), "net/http.") || strings.HasPrefix(callee.FullName(), "(*net/http.") || callee.Pkg().Path() == "database/sql" {
		return handing{}, false
	}
	h = handing{call: n, at: how.at}
	switch {
	case ending(pass, fn, helperDepth):
		h.wait = "and the stop waits for it"
	case inWaitingLoop(cur):
		h.wait = "with a context that never ends, and holds the loop"
	case code.IsCall(pass.TypesInfo, n.Args[0], "context.TODO") && contextParam(pass, fn) != "":
		h.wait = "and does not end with " + contextParam(pass, fn)
	case how.Sure && !ofCommands(pass.Pkg) && !adapts(fn, callee):
		h.wait = "with a context that never ends"
	}
	return h, h.wait != ""
}

// reportHandings reports what hands on contexts that never end: one by one, or what sends the
// request that more than one of them waits for.
func reportHandings(pass *check.Pass, all []handing) {
	sent := map[*ast.CallExpr]int{}
	for _, h := range all {
		sent[h.at]++
	}
	for _, h := range all {
		switch {
		case h.at == nil || sent[h.at] == 1:
			pass.Reportf(h.call, "%s may block for long, %s: give it a context with a time limit", exits.Name(h.call), h.wait)
		case sent[h.at] > 1:
			pass.Reportf(h.at, "%s has no time limit, and its callers give it contexts that never end: a server that does not answer holds them", exits.Name(h.at))
			sent[h.at] = 0
		}
	}
}

// adapts reports whether a function does without a context what the one that it calls does
// with one: who has none calls it.
func adapts(fn inspector.Cursor, callee *types.Func) bool {
	decl, ok := fn.Node().(*ast.FuncDecl)
	return ok && strings.HasPrefix(callee.Name(), decl.Name.Name) && strings.HasSuffix(callee.Name(), "Context")
}

// ending reports whether a function is a method that ends something, or one that only such
// ones call.
func ending(pass *check.Pass, fn inspector.Cursor, depth int) bool {
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok {
		return false
	}
	if decl.Recv != nil && endsIn(decl.Name.Name) {
		return true
	}
	if depth == 0 || decl.Name.IsExported() {
		return false
	}
	found := false
	obj := pass.TypesInfo.Defs[decl.Name]
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if callee := typeutil.StaticCallee(pass.TypesInfo, call); callee == nil || types.Object(callee.Origin()) != obj || code.IsTest(pass.Fset, call.Pos()) {
			continue
		}
		caller, ok := code.Enclosing(cur)
		if !ok || isGo(cur) || caller == fn || !ending(pass, caller, depth-1) {
			return false
		}
		found = true
	}
	return found
}

// endsIn reports whether a method is named after the end of something.
func endsIn(name string) bool {
	name = strings.ToLower(name)
	for _, verb := range []string{"stop", "shutdown", "close", "teardown", "unlock", "release", "disconnect", "deregister", "unregister"} {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return stops(name)
}

// inWaitingLoop reports whether a call is in a case of a select statement in an endless loop,
// other than one that leaves it, which has another case that does: the stop waits for the
// loop to come there.
func inWaitingLoop(cur inspector.Cursor) bool {
	for at := cur; ; at = at.Parent() {
		switch n := at.Node().(type) {
		case *ast.FuncDecl, *ast.FuncLit, *ast.File:
			return false
		case *ast.CommClause:
			sel := at.Parent().Parent()
			loop, ok := code.Loop(sel)
			own, _ := code.Enclosing(sel)
			around, _ := code.Enclosing(cur)
			if ok && own == around && own.Contains(loop) && at.ParentEdgeKind() == edge.BlockStmt_List && !code.EndsInReturn(n.Body) && returnsElsewhere(sel.Node().(*ast.SelectStmt), n) {
				f, ok := loop.Node().(*ast.ForStmt)
				return ok && f.Cond == nil
			}
		}
	}
}

// returnsElsewhere reports whether another case of a select statement returns.
func returnsElsewhere(sel *ast.SelectStmt, but *ast.CommClause) bool {
	for _, stmt := range sel.Body.List {
		if clause := stmt.(*ast.CommClause); clause != but && clause.Comm != nil && code.EndsInReturn(clause.Body) {
			return true
		}
	}
	return false
}
