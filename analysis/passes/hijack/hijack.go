// SPDX-License-Identifier: Apache-2.0

package hijack

import (
	_ "embed"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

//go:embed doc.go
var doc string

// Analyzer reports hijacked connections that nobody tracks.
var Analyzer = check.New(doc, run, server.Analyzer)

func run(pass *check.Pass) (any, error) {
	info := pass.ResultOf[server.Analyzer].(*server.Info)
	if !server.InProgram(pass.Pass) || !mayHijack(pass.Pkg) {
		return nil, nil
	}
	c := &checker{pass, info}
	var found []*ast.CallExpr
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if code.IsCall(pass.TypesInfo, call, "(*net/http.Server).RegisterOnShutdown") {
			return nil, nil // the program knows of it
		}
		if !code.IsTest(pass.Fset, call.Pos()) && c.hijacks(call) && c.forgotten(cur) {
			found = append(found, call)
		}
	}
	for _, call := range found {
		pass.Reportf(call, "nobody tracks the connection of %s: Shutdown neither closes it nor waits for it, and its peer sees it break",
			types.ExprString(call.Fun))
	}
	return nil, nil
}

// mayHijack reports whether a package imports what connections are hijacked with. Those
// below net/http have no list to keep.
func mayHijack(pkg *types.Package) bool {
	if strings.HasPrefix(pkg.Path(), "net/http/") {
		return false
	}
	for _, p := range pkg.Imports() {
		switch p.Path() {
		case "net/http", "github.com/gorilla/websocket", "github.com/coder/websocket", "nhooyr.io/websocket", "github.com/gobwas/ws":
			return true
		}
	}
	return false
}

type checker struct {
	pass *check.Pass
	info *server.Info
}

// upgrades are the functions that hijack a connection for a protocol.
var upgrades = []string{
	"(*github.com/gorilla/websocket.Upgrader).Upgrade", "github.com/coder/websocket.Accept",
	"nhooyr.io/websocket.Accept", "github.com/gobwas/ws.UpgradeHTTP",
	"(net/http.Hijacker).Hijack", "(*net/http.ResponseController).Hijack",
}

func (c *checker) hijacks(call *ast.CallExpr) bool {
	return code.IsCall(c.pass.TypesInfo, call, upgrades...)
}

// forgotten reports whether the connection of a call stays in the function that makes
// it, which does not wait for anything that ends with the program. A method that only
// passes a Hijack on is not a handler.
func (c *checker) forgotten(call inspector.Cursor) bool {
	a, ok := call.Parent().Node().(*ast.AssignStmt)
	if !ok || len(a.Lhs) < 2 {
		return false
	}
	conn := code.ObjectOf(c.pass.TypesInfo, a.Lhs[0])
	fn, ok := code.Enclosing(call)
	if !ok || conn == nil {
		return false
	}
	body := code.Body(fn.Node())
	if conn.Pos() < body.Pos() || conn.Pos() > body.End() || !c.lasts(body) {
		return false // of more than this function, or closed at once
	}
	t := &tracker{checker: c, conn: conn.Type(), seen: map[types.Object]bool{}, own: map[types.Object]bool{}, based: setsBaseContext(c.pass.Files)}
	return t.local(body, conn)
}

// lasts reports whether a function keeps a connection for long: it loops, copies, or
// starts something.
func (c *checker) lasts(body ast.Node) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt, *ast.RangeStmt, *ast.GoStmt:
			found = true
		case *ast.CallExpr:
			found = found || code.IsCall(c.pass.TypesInfo, n, "io.Copy", "io.CopyBuffer")
		}
		return !found
	})
	return found
}
