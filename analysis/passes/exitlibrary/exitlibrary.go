// SPDX-License-Identifier: Apache-2.0

package exitlibrary

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
)

//go:embed doc.go
var doc string

// Analyzer reports exits of the process in a library.
var Analyzer = check.New(doc, run, exits.Analyzer)

// commands are elements of the import paths of packages that belong to one program.
var commands = []string{"cmd", "cmds", "cli", "command", "commands", "app", "apps"}

// aids are elements of the import paths of what helps with the work on a program.
var aids = []string{
	"main", "tool", "tools", "script", "scripts", "example", "examples", "demo", "test", "tests", "testing", "testutil",
	"testutils", "testdata", "e2e", "integration", "hack", "bench", "benchmark", "benchmarks",
}

// commandEndings and aidEndings are how such elements may end.
var (
	commandEndings = []string{"cmd", "cli", "ctl", "main"}
	aidEndings     = []string{"test", "tester"}
)

func run(pass *check.Pass) (any, error) {
	if code.IsMain(pass.Pass) || among(pass.Pkg, aids, aidEndings) || strings.HasPrefix(pass.Pkg.Path(), "cmd/") {
		return nil, nil // "cmd/" has the programs that come with Go
	}
	c := &checker{Pass: pass, know: pass.ResultOf[exits.Analyzer].(*exits.Knowledge)}
	command := among(pass.Pkg, commands, commandEndings)
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		e, ok := c.know.Exit(call)
		if !ok || code.IsTest(pass.Fset, call.Pos()) || relays(pass, call) || e.OnError && speaks(code.CallName(call)) {
			continue
		}
		fn, ok := code.Enclosing(cur)
		if !ok || c.framed(cur) {
			continue
		}
		failure := e.OnError || onError(pass, cur, fn)
		refused := !failure && conditional(cur, fn) && refuses(call)
		if !command || (failure || refused) && ofPart(pass, fn) {
			c.exit(cur, fn, failure, refused)
		}
	}
	return nil, nil
}

// A checker looks at one package.
type checker struct {
	*check.Pass
	know *exits.Knowledge
}

// exit reports an exit in a function, which is for an error, or refuses something, or neither.
func (c *checker) exit(cur, fn inspector.Cursor, failure, refused bool) {
	decl := declaration(fn)
	if decl == nil || speaks(decl.Name.Name) && !c.stopFails(cur) {
		return
	}
	call, name := cur.Node().(*ast.CallExpr), decl.Name.Name
	if serves(c.Pass, fn) {
		c.Reportf(call, "%s in %s ends the process, and each request under way, for the sake of one", exits.Name(call), name)
		return
	}
	if returnsError(c.Pass, fn) && (failure || conditional(cur, fn) && !impossible(call) && !documented(call)) {
		if !committed(c.know, fn, call) {
			c.Reportf(call, "%s in %s ends the process of whoever calls it, which expects an error", exits.Name(call), name)
		}
		return
	}
	if obj, ok := c.TypesInfo.Defs[decl.Name].(*types.Func); !failure && !refused || !ok || c.know.Ends(obj) || c.ownFatal(call) {
		return // or it is an exit where it is called
	}
	switch {
	case fn.Node() == decl && reloads(decl):
		c.Reportf(call, "%s in %s ends a process that could go on with what it has", exits.Name(call), name)
	case refused && (fn.Node() != decl || public(decl) && !makes(decl)):
	case c.started(fn):
		if !c.stores(cur, fn) {
			c.Reportf(call, "%s in %s ends the process from a goroutine: nobody can act on the error", exits.Name(call), name)
		}
	case fn.Node() == decl && (c.stopFails(cur) || public(decl) && (makes(decl) || decl.Recv != nil || atRoot(c.Pass))):
		c.Reportf(call, "%s in %s ends the process of whoever calls it", exits.Name(call), name)
	case fn.Node() == decl:
		c.helper(cur, decl)
	}
}

// ownFatal reports whether a call is of a method of the package that says so by its name: what
// it does is for the logger that the type has been given to decide.
func (c *checker) ownFatal(call *ast.CallExpr) bool {
	fn := c.know.Callee(call)
	return fn != nil && fn.Pkg() == c.Pkg && fn.Signature().Recv() != nil && speaks(fn.Name())
}

// helper reports an exit for an error in a function that helps others of its package.
func (c *checker) helper(cur inspector.Cursor, decl *ast.FuncDecl) {
	if failedTo(c.Pass, cur, storing...) {
		return
	}
	call, name := cur.Node().(*ast.CallExpr), decl.Name.Name
	if caller := c.caller(decl, c.constructs, callerDepth); caller != "" {
		c.Reportf(call, "%s in %s ends the process of whoever calls %s", exits.Name(call), name, caller)
		return
	}
	if failedTo(c.Pass, cur, decoding...) {
		return
	}
	expects := func(fn inspector.Cursor) bool { return returnsError(c.Pass, fn) }
	if caller := c.caller(decl, expects, callerDepth); caller != "" {
		c.Reportf(call, "%s in %s ends the process of whoever calls %s, which expects an error", exits.Name(call), name, caller)
	}
}

// constructs reports whether a function makes something for other packages, and returns no
// error: what it is given to decode is theirs.
func (c *checker) constructs(fn inspector.Cursor) bool {
	decl, ok := fn.Node().(*ast.FuncDecl)
	return ok && decl.Recv == nil && public(decl) && makes(decl) && decl.Type.Results.NumFields() > 0 && !returnsError(c.Pass, fn)
}

// declaration returns the function that a function literal is in, or the function itself.
func declaration(fn inspector.Cursor) *ast.FuncDecl {
	for c := range fn.Enclosing((*ast.FuncDecl)(nil)) {
		return c.Node().(*ast.FuncDecl)
	}
	return nil
}

// makes reports whether a function returns something it makes, or is about a connection: it
// could return an error, and its caller may have another way. One that returns nothing is
// a program's own, for its start.
func makes(decl *ast.FuncDecl) bool {
	has := func(verbs ...string) bool {
		return slices.ContainsFunc(verbs, func(verb string) bool { return strings.HasPrefix(decl.Name.Name, verb) })
	}
	return has("Serve", "Listen", "Start", "Stop", "Close", "Shutdown") ||
		decl.Type.Results.NumFields() > 0 && has("New", "Open", "Connect", "Dial", "Load", "Create")
}

// reloads reports whether a function, by its name, replaces something in a running
// process.
func reloads(decl *ast.FuncDecl) bool {
	name := strings.ToLower(decl.Name.Name)
	return strings.HasPrefix(name, "reload") || strings.HasPrefix(name, "refresh") || strings.HasPrefix(name, "renew") || strings.HasPrefix(name, "rotate")
}

// ofPart reports whether a function belongs to something with a life of its own, such as a
// server, also if it is among the commands of a program: it is a method that returns an
// error, other than that of a command itself, or a constructor for other packages.
func ofPart(pass *check.Pass, fn inspector.Cursor) bool {
	decl, ok := fn.Node().(*ast.FuncDecl)
	switch {
	case !ok:
		return false
	case decl.Recv != nil:
		return decl.Name.Name != "Run" && returnsError(pass, fn)
	default:
		return strings.HasPrefix(decl.Name.Name, "New") && decl.Type.Results.NumFields() > 0
	}
}

// among reports whether a package, or a folder that it is in, has one of those names, or a
// name that ends so.
func among(pkg *types.Package, names, endings []string) bool {
	for part := range strings.SplitSeq(pkg.Path(), "/") {
		if slices.Contains(names, part) || slices.ContainsFunc(endings, func(end string) bool { return strings.HasSuffix(part, end) }) {
			return true
		}
	}
	return slices.Contains(names, pkg.Name())
}

// public reports whether other packages can call a function.
func public(decl *ast.FuncDecl) bool {
	if !decl.Name.IsExported() {
		return false
	}
	if decl.Recv == nil {
		return true
	}
	t := decl.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// speaks reports whether the name of a function says that it may end the process, or
// that it is a program's own main function.
func speaks(name string) bool {
	lower := strings.ToLower(name)
	for _, verb := range []string{"must", "fatal", "exit", "die", "abort", "bail", "panic", "crash", "quit"} {
		if strings.HasPrefix(lower, verb) {
			return true
		}
	}
	for _, word := range []string{"Must", "Fatal", "Exit", "Die", "Abort", "Panic", "Check", "Handle", "Quit", "Kill", "Terminate", "Crash", "Usage", "Main", "Execute", "Restart", "Reexec", "Daemon", "OrExit", "OrDie", "OrFatal"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// relays reports whether an exit passes a code on, or says that all is well.
func relays(pass *check.Pass, call *ast.CallExpr) bool {
	if !code.IsCall(pass.TypesInfo, call, "os.Exit", "syscall.Exit") {
		return false
	}
	n, ok := code.IntConst(pass.TypesInfo, call.Args[0])
	return !ok || n == 0
}

// onError reports whether a call is in a branch of its function for an error.
func onError(pass *check.Pass, cur, fn inspector.Cursor) bool {
	for branch := range cur.Enclosing((*ast.IfStmt)(nil)) {
		n := branch.Node().(*ast.IfStmt)
		if n.Pos() > fn.Node().Pos() && failed(pass, n.Cond) && code.ContainsPos(n.Body, cur.Node().Pos()) {
			return true
		}
	}
	return false
}

// failed reports whether a condition is that there is an error, or one other than those
// that it names.
func failed(pass *check.Pass, cond ast.Expr) bool {
	switch e := ast.Unparen(cond).(type) {
	case *ast.BinaryExpr:
		if e.Op == token.LAND {
			return failed(pass, e.X) || failed(pass, e.Y)
		}
		t := pass.TypesInfo.TypeOf(e.X)
		return e.Op == token.NEQ && t != nil && t.String() == "error"
	case *ast.UnaryExpr:
		return e.Op == token.NOT && code.IsCall(pass.TypesInfo, ast.Unparen(e.X), "errors.Is")
	}
	return false
}

func returnsError(pass *check.Pass, fn inspector.Cursor) bool {
	results := code.FuncType(fn.Node()).Results
	if results == nil {
		return false
	}
	list := results.List
	t := pass.TypesInfo.TypeOf(list[len(list)-1].Type)
	return t != nil && t.String() == "error"
}

// atRoot reports whether a package is the one that its module is named after: such a
// module is a library.
func atRoot(pass *check.Pass) bool {
	return pass.Module != nil && pass.Module.Path != "" && pass.Module.Path == pass.Pkg.Path()
}
