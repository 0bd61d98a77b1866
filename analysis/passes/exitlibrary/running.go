// SPDX-License-Identifier: Apache-2.0

package exitlibrary

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// callerDepth is how many functions, each called by the next, are looked into for one that
// makes something, or that returns an error.
const callerDepth = 3

// started reports whether a function is what a go statement runs on the spot, or is named
// in go statements only.
func (c *checker) started(fn inspector.Cursor) bool {
	switch n := fn.Node().(type) {
	case *ast.FuncLit:
		return fn.ParentEdgeKind() == edge.CallExpr_Fun && isGo(fn.Parent())
	case *ast.FuncDecl:
		calls := c.know.CallsOf(c.TypesInfo.Defs[n.Name])
		return len(calls) > 0 && !n.Name.IsExported() && !slices.ContainsFunc(calls, func(call inspector.Cursor) bool { return !isGo(call) })
	}
	return false
}

func isGo(call inspector.Cursor) bool {
	_, ok := call.Parent().Node().(*ast.GoStmt)
	return ok
}

// caller returns the name of a function of a kind that calls another, if all that call it
// are of that kind.
func (c *checker) caller(decl *ast.FuncDecl, kind func(fn inspector.Cursor) bool, depth int) (name string) {
	if decl.Name.IsExported() || depth == 0 {
		return ""
	}
	for _, call := range c.know.CallsOf(c.TypesInfo.Defs[decl.Name]) {
		fn, ok := code.Enclosing(call)
		if !ok || isGo(call) {
			return ""
		}
		caller := declaration(fn)
		if caller == nil || speaks(caller.Name.Name) || c.framed(call) {
			return ""
		}
		switch {
		case kind(fn):
			name = caller.Name.Name
		case fn.Node() == caller:
			if name = c.caller(caller, kind, depth-1); name == "" {
				return ""
			}
		default:
			return ""
		}
	}
	return name
}

// serves reports whether a function, or one around it, answers requests of HTTP.
func serves(pass *check.Pass, fn inspector.Cursor) bool {
	for cur := range fn.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		params := code.FuncType(cur.Node()).Params
		for _, field := range params.List {
			if t := pass.TypesInfo.TypeOf(field.Type); t != nil && (code.IsNamed(t, "net/http.ResponseWriter") || code.IsNamed(t, "github.com/gin-gonic/gin.Context")) {
				return true
			}
		}
	}
	return false
}

// conditional reports whether a call is in a branch of its function, other than one that the
// caller has asked for: "case ExitOnError".
func conditional(cur, fn inspector.Cursor) (found bool) {
	for branch := range cur.Enclosing((*ast.IfStmt)(nil), (*ast.CaseClause)(nil)) {
		if branch.Node().Pos() < fn.Node().Pos() {
			break
		}
		conds := []ast.Expr{}
		switch n := branch.Node().(type) {
		case *ast.IfStmt:
			conds = append(conds, n.Cond)
		case *ast.CaseClause:
			conds = n.List
		}
		for _, cond := range conds {
			if text := types.ExprString(cond); strings.Contains(text, "Exit") || strings.Contains(text, "Fatal") {
				return false
			}
		}
		found = true
	}
	return found
}

// impossible reports whether an exit says that it is for what cannot happen.
func impossible(exit *ast.CallExpr) (found bool) {
	ast.Inspect(exit, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			text := strings.ToLower(lit.Value)
			found = found || slices.ContainsFunc(impossibilities, func(word string) bool { return strings.Contains(text, word) })
		}
		return !found
	})
	return found
}

var impossibilities = []string{"bug", "impossible", "unreachable", "should not", "should never", "shouldn't", "must not", "cannot happen", "can't happen", "invariant", "assert", "corrupt", "inconsisten", "unexpected", "internal error", "mismatch"}

// documented reports whether an exit that is for no error sends its reader to a page about it:
// it is meant.
func documented(exit *ast.CallExpr) (found bool) {
	ast.Inspect(exit, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		found = found || ok && lit.Kind == token.STRING && strings.Contains(lit.Value, "https://")
		return !found
	})
	return found
}

// refuses reports whether an exit says that what its function was given, or has read, is no
// good.
func refuses(exit *ast.CallExpr) (found bool) {
	ast.Inspect(exit, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text := strings.ToLower(lit.Value)
			found = found || slices.ContainsFunc(refusals, func(word string) bool { return strings.Contains(text, word) })
		}
		return !found
	})
	return found && !impossible(exit)
}

// refusals are words of messages about what somebody else has to put right.
var refusals = []string{"invalid", "must be ", "must have", "need", "require", "missing", "unsupported", "not supported", "unknown", "t parse", "unable to parse", "t use ", "wrong", "not a ", "exclusive", "incorrect", "unrecogni", "not allowed", "not set"}

// storing are the names of functions that store something: who cannot write its log has to
// crash rather than go on.
var storing = []string{"save", "write", "append", "sync", "commit", "rollback", "apply", "put", "persist", "store"}

// decoding are those of functions that fail if a program's own data make no sense.
var decoding = []string{"unmarshal", "marshal", "decode", "encode", "parse"}

// failedTo reports whether an exit is for the error of a function with such a name.
func failedTo(pass *check.Pass, cur inspector.Cursor, verbs ...string) bool {
	call := failing(pass, cur)
	return call != nil && slices.ContainsFunc(verbs, func(verb string) bool {
		return strings.HasPrefix(code.CallName(call), verb)
	})
}

// stores reports whether an exit is for something that could not be stored, or is in a loop
// with such a one: what it does has to be done in order.
func (c *checker) stores(cur, fn inspector.Cursor) bool {
	if failedTo(c.Pass, cur, storing...) {
		return true
	}
	loop, ok := code.Loop(cur)
	if !ok || !fn.Contains(loop) {
		return false
	}
	for exit := range loop.Preorder((*ast.CallExpr)(nil)) {
		if _, ok := c.know.Exit(exit.Node().(*ast.CallExpr)); ok && failedTo(c.Pass, exit, storing...) {
			return true
		}
	}
	return false
}

// failing returns the call whose error the innermost branch around a node is for, nil if it
// is not plain to see.
func failing(pass *check.Pass, cur inspector.Cursor) *ast.CallExpr {
	for branch := range cur.Enclosing((*ast.IfStmt)(nil)) {
		n := branch.Node().(*ast.IfStmt)
		if !failed(pass, n.Cond) {
			continue
		}
		stmt := ast.Node(n.Init)
		if n.Init == nil {
			before, ok := branch.PrevSibling()
			if !ok {
				return nil
			}
			stmt = before.Node()
		}
		if assign, ok := stmt.(*ast.AssignStmt); ok && len(assign.Rhs) == 1 {
			call, _ := ast.Unparen(assign.Rhs[0]).(*ast.CallExpr)
			return call
		}
		return nil
	}
	return nil
}

// stopFails reports whether an exit is for the error of a server's Shutdown: one client that
// is slow then keeps the rest of the stop from happening.
func (c *checker) stopFails(cur inspector.Cursor) bool {
	call := failing(c.Pass, cur)
	return call != nil && code.IsCall(c.TypesInfo, call, "(*net/http.Server).Shutdown")
}
