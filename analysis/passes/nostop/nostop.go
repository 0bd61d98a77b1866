// SPDX-License-Identifier: Apache-2.0

package nostop

import (
	_ "embed"
	"go/ast"
	"go/types"
	"strings"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

//go:embed doc.go
var doc string

// Analyzer reports a server's main that serves until it is killed.
var Analyzer = check.New(doc, run, server.Analyzer)

func run(pass *check.Pass) (any, error) {
	info := pass.ResultOf[server.Analyzer].(*server.Info)
	if !code.IsMain(pass.Pass) || len(info.Sites) == 0 || !server.InProgram(pass.Pass) ||
		info.ProgramSignals || info.ProgramStops || stops(info) {
		return nil, nil
	}
	c := &checker{pass, info, map[*ast.FuncDecl]bool{}}
	c.reach()
	state := info.State || c.defersCleanup()
	if s, ok := c.serve(); ok && state {
		pass.Reportf(s.Call, "%s serves until the process is killed: nothing handles SIGTERM, so requests are cut off and no clean-up runs",
			types.ExprString(s.Call.Fun))
	}
	return nil, nil
}

// serve returns the call in which main waits for the end of a server. There is one for
// a program: the innermost.
func (c *checker) serve() (site server.Site, ok bool) {
	for _, s := range c.info.Sites {
		if (s.Op == server.Serve || s.Op == server.ServeGlobal) && c.blocks(s) && (!ok || site.Wrapped && !s.Wrapped) {
			site, ok = s, true
		}
	}
	return site, ok
}

func stops(info *server.Info) bool {
	for _, s := range info.Sites {
		if s.Op.Stops() {
			return true
		}
	}
	return false
}

type checker struct {
	pass    *check.Pass
	info    *server.Info
	reached map[*ast.FuncDecl]bool // by calls from main
}

func (c *checker) reach() {
	for n := range c.pass.Inspect.PreorderSeq((*ast.FuncDecl)(nil)) {
		if decl := n.(*ast.FuncDecl); decl.Name.Name == "main" && decl.Recv == nil {
			c.visit(decl)
		}
	}
}

func (c *checker) visit(decl *ast.FuncDecl) {
	if decl.Body == nil || c.reached[decl] {
		return
	}
	c.reached[decl] = true
	server.Own(decl.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if callee := c.info.Callee(c.pass.TypesInfo, call); callee != nil {
				c.visit(callee)
			}
		}
		return true
	})
}

// blocks reports whether main waits in a call until the server ends: it makes it itself,
// or the functions that it calls do.
func (c *checker) blocks(s server.Site) bool {
	fn, ok := server.Enclosing(s.At)
	if !ok {
		return false
	}
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok || !c.reached[decl] {
		return false
	}
	_, ok = s.At.Parent().Node().(*ast.GoStmt)
	return !ok
}

// defersCleanup reports whether main, or what it calls, defers what is to run at the end.
func (c *checker) defersCleanup() bool {
	found := false
	for decl := range c.reached {
		if !c.serves(decl) {
			continue
		}
		server.Own(decl.Body, func(n ast.Node) bool {
			if d, ok := n.(*ast.DeferStmt); ok {
				found = found || cleans(c.pass.TypesInfo, d)
			}
			return !found
		})
	}
	return found
}

// serves reports whether a function blocks in a server: what it defers runs at its end.
func (c *checker) serves(decl *ast.FuncDecl) bool {
	for _, s := range c.info.Sites {
		if (s.Op == server.Serve || s.Op == server.ServeGlobal) && server.Declaration(s.At) == decl {
			return true
		}
	}
	return false
}

// cleans reports whether a deferred call, or one in a deferred function literal, is of a
// method that closes or writes something. The connection of a listener closes itself.
func cleans(info *types.Info, d *ast.DeferStmt) bool {
	found := false
	ast.Inspect(d, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && !code.IsCall(info, call, "(net.Listener).Close") {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				found = found || cleanup(sel.Sel.Name)
			}
		}
		return !found
	})
	return found
}

func cleanup(name string) bool {
	for _, w := range []string{"Close", "Flush", "Sync", "Shutdown", "Disconnect", "Cleanup", "Save"} {
		if strings.HasPrefix(name, w) {
			return true
		}
	}
	return false
}
