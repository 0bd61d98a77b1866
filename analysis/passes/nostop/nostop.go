// SPDX-License-Identifier: Apache-2.0

package nostop

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports a server's main that serves until it is killed.
var Analyzer = analyzer()

func analyzer() *analysis.Analyzer {
	a := check.New(doc, run, server.Analyzer, signals.Analyzer)
	a.FactTypes = []analysis.Fact{(*reported)(nil)}
	return a
}

func run(pass *check.Pass) (any, error) {
	info := pass.ResultOf[server.Analyzer].(*server.Info)
	if !server.InProgram(pass.Pass) || readsOnly(pass.Pkg.Path()) {
		return nil, nil
	}
	c := &checker{pass, info, map[*ast.CallExpr]bool{}}
	c.leftOut()
	if !code.IsMain(pass.Pass) && !ofCommand(pass) && c.privates() {
		pass.ExportPackageFact(&reported{Found: true})
		return nil, nil
	}
	if info.ProgramSignals {
		c.subcommands()
		c.notStopped()
		return nil, nil
	}
	if !code.IsMain(pass.Pass) && !ofCommand(pass) {
		return nil, nil
	}
	if call, ok := c.runsForEver(); ok {
		pass.Reportf(call, "%s runs until the process is killed: nothing handles SIGTERM, and nothing tells it to stop", types.ExprString(call.Fun))
		return nil, nil
	}
	if info.ProgramStops || stops(info) {
		return nil, nil
	}
	if s, ok := c.serve(); ok && (info.State || code.IsMain(pass.Pass) && ownPackages(pass) || c.defersCleanup()) {
		for _, s := range c.alternatives(s) {
			if !code.IsMain(pass.Pass) && c.nobodyElse(s) {
				c.reportPrivate(s) // whatever main does
				continue
			}
			pass.Reportf(s.Call, "%s serves until the process is killed: nothing handles SIGTERM, so requests are cut off and no clean-up runs",
				types.ExprString(s.Call.Fun))
		}
		if !code.IsMain(pass.Pass) {
			pass.ExportPackageFact(&reported{Found: true})
		}
	} else if call, ok := c.accepts(); ok && (info.State || ownPackages(pass)) {
		pass.Reportf(call, "%s takes connections until the process is killed: nothing handles SIGTERM, so they are cut off and no clean-up runs",
			types.ExprString(call.Fun))
	}
	return nil, nil
}

// serve returns the call in which main waits for the end of a server. There is one for
// a program: the innermost. In a package of a command it is one that no other can stop.
func (c *checker) serve() (site server.Site, ok bool) {
	for _, s := range c.info.Sites {
		if s.Op != server.Serve && s.Op != server.ServeGlobal || !c.blocks(s) || !code.IsMain(c.pass.Pass) && !c.private(s) {
			continue
		}
		if !ok || site.Wrapped && !s.Wrapped {
			site, ok = s, true
		}
	}
	if ok && site.Wrapped && c.found(site.Call) {
		return site, false
	}
	return site, ok
}

// alternatives returns a site with those of the same function beside it, or in other branches:
// for TLS, or for another kind of listener.
func (c *checker) alternatives(s server.Site) []server.Site {
	out := []server.Site{s}
	fn, ok := runner(s.At)
	for _, other := range c.info.Sites {
		if other.Call == s.Call || other.Op != server.Serve && other.Op != server.ServeGlobal || other.Wrapped != s.Wrapped {
			continue
		}
		if in, okToo := runner(other.At); ok && okToo && in == fn && c.blocks(other) {
			out = append(out, other)
		}
	}
	return out
}

// runner returns the function that makes a call, or that starts the goroutine which does.
func runner(at inspector.Cursor) (inspector.Cursor, bool) {
	if g, ok := server.Goroutine(at); ok {
		at = g
	}
	return code.Enclosing(at)
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
	pass *check.Pass
	info *server.Info
	left map[*ast.CallExpr]bool // the calls that leftOut has reported
}

// blocks reports whether the program waits in a call until the server ends: in the
// function that makes it, or in one that waits for its goroutine's error, or for ever.
func (c *checker) blocks(s server.Site) bool {
	if c.aside(s) {
		return false
	}
	if _, ok := s.At.Parent().Node().(*ast.GoStmt); !ok {
		if _, ok := server.Goroutine(s.At); !ok {
			return true
		}
	}
	decl := server.Declaration(s.At)
	return decl != nil && c.waits(decl.Body, s.Call.End())
}

// aside reports whether a server is not what the program is for.
func (c *checker) aside(s server.Site) bool { return !server.IsGRPC(s.Server) && c.info.Aside(s.At) }

// waits reports whether a function waits, behind a goroutine, for an error alone, for the
// goroutine, or for ever. A select with several cases has something to stop it.
func (c *checker) waits(body ast.Node, behind token.Pos) bool {
	found, counted := false, false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectStmt:
			found = found || n.Pos() > behind && len(n.Body.List) == 0
			return false
		case *ast.UnaryExpr:
			if ch, ok := c.pass.TypesInfo.TypeOf(n.X).Underlying().(*types.Chan); ok && n.Op == token.ARROW && n.Pos() > behind {
				found = found || types.Identical(ch.Elem(), types.Universe.Lookup("error").Type())
			}
		case *ast.CallExpr:
			found = found || counted && n.Pos() > behind && code.IsCall(c.pass.TypesInfo, n, "(*sync.WaitGroup).Wait")
		case *ast.GoStmt:
			counted = counted || code.ContainsPos(n, behind-1) && c.counts(n)
			return false
		}
		return !found
	})
	return found
}

// counts reports whether a goroutine tells a group when it ends.
func (c *checker) counts(g *ast.GoStmt) bool {
	found := false
	ast.Inspect(g, func(n ast.Node) bool {
		found = found || code.IsCall(c.pass.TypesInfo, n, "(*sync.WaitGroup).Done")
		return !found
	})
	return found
}

// readsOnly reports whether a program, by the elements of its path, is there to be looked
// at or to be asked for figures: it has nothing to finish.
func readsOnly(path string) bool {
	for elem := range strings.SplitSeq(path, "/") {
		switch elem {
		case "contrib", "hack", "tools", "scripts", "sample", "samples", "tutorial", "bench", "benchmark":
			return true
		}
		if strings.Contains(elem, "exporter") {
			return true
		}
	}
	return false
}

// defersCleanup reports whether a function that waits for a server defers what is to run
// at the end.
func (c *checker) defersCleanup() bool {
	found := false
	for _, s := range c.info.Sites {
		if s.Op != server.Serve && s.Op != server.ServeGlobal {
			continue
		}
		if decl := server.Declaration(s.At); decl != nil {
			server.Own(decl.Body, func(n ast.Node) bool {
				if d, ok := n.(*ast.DeferStmt); ok {
					found = found || cleans(c.pass.TypesInfo, d)
				}
				return !found
			})
		}
	}
	return found
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

// ownPackages reports whether a program has more than its main package.
func ownPackages(pass *check.Pass) bool {
	for _, p := range pass.Pkg.Imports() {
		if strings.Contains(p.Path(), "/") && server.SameProgram(pass.Pass, p) {
			return true
		}
	}
	return false
}
