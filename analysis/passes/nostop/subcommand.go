// SPDX-License-Identifier: Apache-2.0

package nostop

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// A subcommand is the function of one command of a program that has several, with the
// functions of the package that it calls.
type subcommand struct {
	fn    inspector.Cursor // a declaration or a literal
	reach map[ast.Node]bool
}

// subcommands reports those that serve and defer clean-up, and neither handle signals nor
// stop a server nor ask for the context of the command: others of the program do.
func (c *checker) subcommands() {
	commands := c.runs()
	if len(commands) == 0 || c.handledFirst() {
		return
	}
	for _, cmd := range commands {
		if c.handles(cmd) {
			continue
		}
		if call, ok := c.runsIn(cmd); ok {
			c.pass.Reportf(call, "%s runs until the process is killed: other commands handle SIGTERM, this one does not, and nothing tells it to stop", types.ExprString(call.Fun))
			continue
		}
		for _, s := range c.info.Sites {
			if s.Op != server.Serve && s.Op != server.ServeGlobal || !cmd.has(s.At) || !c.private(s) || !c.blocks(s) || c.info.Aside(s.At) || !c.defers(cmd) {
				continue
			}
			c.pass.Reportf(s.Call, "%s serves until the process is killed: other commands handle SIGTERM, this one does not, so requests are cut off and no clean-up runs",
				types.ExprString(s.Call.Fun))
			break
		}
	}
}

// runsIn returns the call in which a command waits for a server of the program's own kind,
// which can be closed, and nobody closes it.
func (c *checker) runsIn(cmd subcommand) (*ast.CallExpr, bool) {
	for cur := range c.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && cmd.has(cur) && c.waitsFor(cur) {
			return call, closable(c.pass.TypesInfo.TypeOf(sel.X), c.pass.Pkg)
		}
	}
	return nil, false
}

// has reports whether a place is in a function that the command runs.
func (cmd subcommand) has(at inspector.Cursor) bool {
	for fn := range at.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		if cmd.reach[fn.Node()] {
			return true
		}
	}
	return false
}

// runs returns the functions that command lines of the package run.
func (c *checker) runs() []subcommand {
	var out []subcommand
	for cur := range c.pass.Inspect.Root().Preorder((*ast.KeyValueExpr)(nil)) {
		key, ok := cur.Node().(*ast.KeyValueExpr).Key.(*ast.Ident)
		if !ok || key.Name != "Run" && key.Name != "RunE" && key.Name != "Action" || !isCommand(c.pass.TypesInfo.TypeOf(cur.Parent().Node().(ast.Expr))) {
			continue
		}
		if fn := c.function(cur); fn.Valid() {
			out = append(out, subcommand{fn, c.reached(fn)})
		}
	}
	return out
}

// isCommand reports whether a type is the command of a library for command lines.
func isCommand(t types.Type) bool {
	return ofCommandLine(t) && named(t).Name() == "Command"
}

// ofCommandLine reports whether a type is of a library for command lines.
func ofCommandLine(t types.Type) bool {
	obj := named(t)
	return obj != nil && obj.Pkg() != nil && (obj.Pkg().Name() == "cobra" || obj.Pkg().Name() == "cli")
}

func named(t types.Type) *types.TypeName {
	if t == nil {
		return nil
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj()
	}
	return nil
}

// function returns the function that is the value of a field: a literal, or one that the
// package declares.
func (c *checker) function(field inspector.Cursor) inspector.Cursor {
	value := ast.Unparen(field.Node().(*ast.KeyValueExpr).Value)
	if lit, ok := value.(*ast.FuncLit); ok {
		cur, _ := field.FindNode(lit)
		return cur
	}
	if fn, ok := code.ObjectOf(c.pass.TypesInfo, value).(*types.Func); ok {
		if decl := c.info.Decl(fn); decl != nil {
			cur, _ := c.pass.Inspect.Root().FindNode(decl)
			return cur
		}
	}
	return inspector.Cursor{}
}

// reached returns a function, and those of the package that it calls.
func (c *checker) reached(fn inspector.Cursor) map[ast.Node]bool {
	out := map[ast.Node]bool{}
	var visit func(ast.Node)
	visit = func(n ast.Node) {
		if out[n] {
			return
		}
		out[n] = true
		ast.Inspect(n, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if decl := c.info.Callee(c.pass.TypesInfo, call); decl != nil {
					visit(decl)
				}
			}
			return true
		})
	}
	visit(fn.Node())
	return out
}

// handles reports whether a command takes signals, stops a server, or may hear of the end
// by a context that it is given.
func (c *checker) handles(cmd subcommand) bool {
	for _, s := range c.info.Sites {
		if s.Op.Stops() && cmd.has(s.At) {
			return true
		}
	}
	return c.takesIn(cmd.reach) || c.hasContext(cmd)
}

// hasContext reports whether a command has the context that its command line is executed
// with, as a parameter or from its command.
func (c *checker) hasContext(cmd subcommand) bool {
	found := false
	for n := range cmd.reach {
		ast.Inspect(n, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			found = found || ok && sel.Sel.Name == "Context" && ofCommandLine(c.pass.TypesInfo.TypeOf(sel.X))
			return !found
		})
	}
	ast.Inspect(code.FuncType(cmd.fn.Node()), func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		found = found || ok && code.IsNamed(c.pass.TypesInfo.TypeOf(field.Type), "context.Context")
		return !found
	})
	return found
}

// takesIn reports whether one of the functions calls what handles signals.
func (c *checker) takesIn(reach map[ast.Node]bool) bool {
	found := false
	for n := range reach {
		ast.Inspect(n, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			found = found || ok && c.takes(call)
			return !found
		})
	}
	return found
}

// takes reports whether a call is of os/signal, or of a package that calls it, or of a
// function that leads to such a call.
func (c *checker) takes(call *ast.CallExpr) bool {
	fn, ok := typeutil.Callee(c.pass.TypesInfo, call).(*types.Func)
	if !ok || fn.Pkg() == nil {
		return false
	}
	if fn.Pkg().Path() == "os/signal" || c.info.Signals[fn.Pkg()] {
		return true
	}
	pkg := signals.Of(c.pass.Pass)
	return pkg != nil && pkg.Installs(call)
}

// handledFirst reports whether signals are handled before any command runs: in an init
// function, in what is called before Execute, or in a hook of the command line.
func (c *checker) handledFirst() bool {
	for cur := range c.pass.Inspect.Root().Preorder((*ast.KeyValueExpr)(nil), (*ast.FuncDecl)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.KeyValueExpr:
			key, ok := n.Key.(*ast.Ident)
			if ok && (strings.Contains(key.Name, "PreRun") || key.Name == "Before") {
				if fn := c.function(cur); !fn.Valid() || c.takesIn(c.reached(fn)) {
					return true
				}
			}
		case *ast.FuncDecl:
			if n.Body != nil && (code.IsInit(n) && c.takesIn(c.reached(cur)) || c.takesBefore(n)) {
				return true
			}
		}
	}
	return false
}

// takesBefore reports whether a function that executes the command line handles signals
// before that.
func (c *checker) takesBefore(decl *ast.FuncDecl) bool {
	executes := token.NoPos
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && (strings.HasPrefix(sel.Sel.Name, "Execute") || sel.Sel.Name == "Run") && isCommand(c.pass.TypesInfo.TypeOf(sel.X)) {
				executes = call.Pos()
			}
		}
		return true
	})
	found := false
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found || call.Pos() >= executes {
			return !found
		}
		if callee := c.info.Callee(c.pass.TypesInfo, call); callee != nil {
			cur, _ := c.pass.Inspect.Root().FindNode(callee)
			found = c.takesIn(c.reached(cur))
		} else {
			found = c.takes(call)
		}
		return !found
	})
	return found
}

// defers reports whether a function of the command defers clean-up.
func (c *checker) defers(cmd subcommand) bool {
	found := false
	for n := range cmd.reach {
		server.Own(code.Body(n), func(n ast.Node) bool {
			d, ok := n.(*ast.DeferStmt)
			found = found || ok && cleans(c.pass.TypesInfo, d)
			return !found
		})
	}
	return found
}
