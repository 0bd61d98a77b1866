// SPDX-License-Identifier: Apache-2.0

package serverclosed

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

//go:embed doc.go
var doc string

// Analyzer reports http.ErrServerClosed treated as fatal.
var Analyzer = check.New(doc, run, server.Analyzer)

func run(pass *check.Pass) (any, error) {
	info := pass.ResultOf[server.Analyzer].(*server.Info)
	if len(info.Sites) == 0 || !server.InProgram(pass.Pass) {
		return nil, nil
	}
	c := &checker{pass, info}
	for _, s := range info.Sites {
		if s.Op == server.Serve && s.Closed && c.stoppedMeanwhile(s) && !c.looks(s) {
			c.check(s)
		}
	}
	c.methodValues()
	return nil, nil
}

type checker struct {
	pass *check.Pass
	info *server.Info
}

// stoppedMeanwhile reports whether another function, or a goroutine, stops the server of
// a site: in the same one, the stop comes after.
func (c *checker) stoppedMeanwhile(s server.Site) bool {
	if s.Stopped {
		return true
	}
	own, ok := code.Enclosing(s.At)
	if !ok || s.Server == nil {
		return false
	}
	for _, stop := range c.info.Sites {
		if !stop.Op.Stops() || stop.Server != s.Server {
			continue
		}
		if other, ok := code.Enclosing(stop.At); ok && other.Node() != own.Node() {
			return true
		}
		if g, ok := stop.At.Parent().Node().(*ast.GoStmt); ok && g.Pos() < s.Call.Pos() {
			return true
		}
	}
	return false
}

func (c *checker) check(s server.Site) {
	if c.fatal(s.At, nil) {
		c.report(s)
		return
	}
	if wait, ok := c.groupWait(s); ok && c.endsProgram(wait) {
		c.reportGroup(s.Call, s.Call.Fun)
		return
	}
	if !s.Wrapped && c.logged(s.At) {
		c.pass.Reportf(s.Call, "each clean stop is logged as a failure: %s returns http.ErrServerClosed then", types.ExprString(s.Call.Fun))
	}
}

func (c *checker) report(s server.Site) {
	d := analysis.Diagnostic{
		Pos: s.Call.Pos(), End: s.Call.End(),
		Message: types.ExprString(s.Call.Fun) + " returns http.ErrServerClosed as soon as the server is told to stop: the program dies as a failure, with its last requests and clean-up",
	}
	c.fatal(s.At, func(cond *ast.BinaryExpr) {
		if !s.Wrapped && c.imports(s.At, "errors") && c.imports(s.At, "net/http") {
			err := types.ExprString(cond.X)
			d.SuggestedFixes = []analysis.SuggestedFix{{
				Message: "Take http.ErrServerClosed for the end that it is",
				TextEdits: []analysis.TextEdit{{
					Pos: cond.End(), End: cond.End(), NewText: []byte(" && !errors.Is(" + err + ", http.ErrServerClosed)"),
				}},
			}}
		}
	})
	c.pass.Report(d)
}

// fatal reports whether any error that a call returns ends the process: given to Fatal
// at once, or after "if err != nil". The condition is given to onIf.
func (c *checker) fatal(at inspector.Cursor, onIf func(*ast.BinaryExpr)) bool {
	switch parent := at.Parent().Node().(type) {
	case *ast.CallExpr:
		return c.info.Fatal(c.pass.TypesInfo, parent)
	case *ast.AssignStmt:
		if len(parent.Lhs) != 1 {
			return false
		}
		if i, ok := at.Parent().Parent().Node().(*ast.IfStmt); ok && i.Init == parent {
			return c.fatalIf(i, parent.Lhs[0], onIf)
		}
		return c.fatalNext(server.After(at), parent.Lhs[0], onIf)
	}
	return false
}

// fatalNext looks at the statement after the call.
func (c *checker) fatalNext(rest []ast.Stmt, err ast.Expr, onIf func(*ast.BinaryExpr)) bool {
	if len(rest) == 0 {
		return false
	}
	switch next := rest[0].(type) {
	case *ast.IfStmt:
		return next.Init == nil && c.fatalIf(next, err, onIf)
	case *ast.ExprStmt:
		call, ok := next.X.(*ast.CallExpr)
		return ok && c.info.Fatal(c.pass.TypesInfo, call)
	}
	return false
}

// fatalIf reports whether a statement is "if err != nil", and ends the process.
func (c *checker) fatalIf(i *ast.IfStmt, err ast.Expr, onIf func(*ast.BinaryExpr)) bool {
	if !c.isError(i.Cond, err) {
		return false
	}
	for _, s := range i.Body.List {
		if e, ok := s.(*ast.ExprStmt); ok {
			if call, ok := e.X.(*ast.CallExpr); ok && c.info.Fatal(c.pass.TypesInfo, call) {
				if onIf != nil {
					onIf(i.Cond.(*ast.BinaryExpr))
				}
				return true
			}
		}
	}
	return false
}

// logged reports whether any error that a call in "if err := call; err != nil" returns is
// written to the log, and nothing more.
func (c *checker) logged(at inspector.Cursor) bool {
	a, ok := at.Parent().Node().(*ast.AssignStmt)
	if !ok || len(a.Lhs) != 1 {
		return false
	}
	i, ok := at.Parent().Parent().Node().(*ast.IfStmt)
	if !ok || i.Init != a {
		if rest := server.After(at); len(rest) > 0 {
			i, _ = rest[0].(*ast.IfStmt)
		}
	}
	if i == nil || i.Else != nil || !c.isError(i.Cond, a.Lhs[0]) {
		return false
	}
	return c.onlyLogs(i.Body, a.Lhs[0])
}

// onlyLogs reports whether a block writes to the log that something has failed, and does
// nothing more.
func (c *checker) onlyLogs(body *ast.BlockStmt, err ast.Expr) bool {
	logs := false
	for _, s := range body.List {
		switch s := s.(type) {
		case *ast.ExprStmt:
			call, ok := s.X.(*ast.CallExpr)
			if !ok || !server.Logs(c.pass.TypesInfo, call) {
				return false
			}
			logs = logs || !quiet(call)
		case *ast.IfStmt:
			if s.Init != nil || s.Else != nil || !c.isOther(s.Cond, err) || !c.onlyLogs(s.Body, err) {
				return false
			}
			logs = true
		case *ast.ReturnStmt:
		default:
			return false
		}
	}
	return logs
}

// quiet reports whether a call writes something that is not a failure.
func quiet(call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	name := strings.ToLower(sel.Sel.Name)
	return strings.HasPrefix(name, "debug") || strings.HasPrefix(name, "info") || strings.HasPrefix(name, "trace") || strings.HasPrefix(name, "verbose")
}

// isError reports whether a condition is "err != nil", or also that it is another error
// than one that a stop does not give.
func (c *checker) isError(e, err ast.Expr) bool {
	cond, ok := ast.Unparen(e).(*ast.BinaryExpr)
	if !ok {
		return false
	}
	if cond.Op == token.LAND {
		return c.isError(cond.X, err) && c.isOther(cond.Y, err)
	}
	return cond.Op == token.NEQ && isNil(cond.Y) &&
		code.ObjectOf(c.pass.TypesInfo, cond.X) == code.ObjectOf(c.pass.TypesInfo, err)
}

// isOther reports whether a condition is "err != net.ErrClosed", or the same with
// errors.Is. The server looks for its own stop before it returns that.
func (c *checker) isOther(e, err ast.Expr) bool {
	var x, y ast.Expr
	switch e := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		if e.Op != token.NEQ {
			return false
		}
		x, y = e.X, e.Y
	case *ast.UnaryExpr:
		call, ok := e.X.(*ast.CallExpr)
		if !ok || e.Op != token.NOT || !code.IsCall(c.pass.TypesInfo, call, "errors.Is") || len(call.Args) != 2 {
			return false
		}
		x, y = call.Args[0], call.Args[1]
	default:
		return false
	}
	closed := code.ObjectOf(c.pass.TypesInfo, y)
	return closed != nil && closed.Name() == "ErrClosed" && closed.Pkg() != nil && closed.Pkg().Path() == "net" &&
		code.ObjectOf(c.pass.TypesInfo, x) == code.ObjectOf(c.pass.TypesInfo, err)
}

func isNil(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "nil"
}

// imports reports whether the file of a node imports a package by its own name.
func (c *checker) imports(at inspector.Cursor, path string) bool {
	for cur := range at.Enclosing((*ast.File)(nil)) {
		for _, spec := range cur.Node().(*ast.File).Imports {
			if p, err := strconv.Unquote(spec.Path.Value); err == nil && p == path && spec.Name == nil {
				return true
			}
		}
	}
	return false
}
