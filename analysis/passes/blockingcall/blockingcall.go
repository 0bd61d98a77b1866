// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	_ "embed"
	"go/ast"
	"go/constant"
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

// Analyzer reports calls that block for long without a context.
var Analyzer = check.New(doc, run, givers, waiters)

func run(pass *check.Pass) (any, error) {
	if forTests(pass.Pkg) {
		return nil, nil
	}
	reportAccepted(pass)
	var handings []handing
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		n := cur.Node().(*ast.CallExpr)
		name := sender(pass, cur, n)
		fn, ok := code.Enclosing(cur)
		if name == "" || !ok || code.IsTest(pass.Fset, n.Pos()) || code.IsEntry(pass.Pass, fn.Node()) && waitedContext(pass, cur, fn) == "" {
			continue
		}
		if c, ok := calls[name]; ok {
			if !limited(pass, cur, n, name) {
				report(pass, cur, fn, name, c)
			}
		} else if wait := detached(pass, cur, fn, n); wait != "" {
			pass.Reportf(n, "%s may block for long, %s: give it a context with a time limit", exits.Name(n), wait)
		} else if ctx := drops(pass, cur, fn); ctx != "" {
			pass.Reportf(n, "%s may block for long, and does not end with %s: pass that on", exits.Name(n), ctx)
		} else if h, ok := handsOn(pass, cur, fn); ok {
			handings = append(handings, h)
		} else if other, ctx := variant(pass, n), contextAt(pass, cur, fn); other != "" && ctx != "" && !strings.HasSuffix(ctx, ")") {
			pass.Reportf(n, "%s may block for long, and does not end with %s: use %s", exits.Name(n), ctx, other)
		} else if name == "os/exec.CommandContext" && endlessCommand(pass, cur, n) {
			pass.Reportf(n, "%s has a context that never ends: a command of the configuration that hangs holds its caller; give it a time limit", exits.Name(n))
		} else if instead := unlimitedLib(pass, cur, n, name); instead != "" {
			pass.Reportf(n, "%s has no time limit: a server that does not answer holds its caller; use %s", exits.Name(n), instead)
		} else if looksUp(pass, cur, fn) {
			pass.Reportf(n, "%s with a context that never ends may take long where the name server is silent: give it one that the stop ends", exits.Name(n))
		} else if withoutContext(pass, cur, fn) {
			pass.Reportf(n, "%s has no time limit: a server that does not answer holds its caller; use its method Context before", exits.Name(n))
		} else if ctx := readsMessage(pass, cur, fn, name); ctx != "" {
			pass.Reportf(n, "%s waits for a message without a deadline, and does not end with %s: close the connection when that is done", exits.Name(n), ctx)
		} else if readsUnlimited(pass, cur, fn) {
			pass.Reportf(n, "%s has no time limit: that of the dial is none for the answer, and a peer that stays silent holds the caller; set a deadline of the connection", exits.Name(n))
		} else if queries(pass, cur, n, name) {
			pass.Reportf(n, "%s has no time limit: a database that does not answer holds its caller; give it a context that ends", exits.Name(n))
		}
	}
	reportHandings(pass, handings)
	return nil, nil
}

// report reports a call that may block, if there is a context for it, or if it has to have a
// limit for another reason.
func report(pass *check.Pass, cur, fn inspector.Cursor, name string, c call) {
	n := cur.Node().(*ast.CallExpr)
	if name == "os/exec.Command" && onTerminal(pass, cur) {
		return
	}
	ctx := contextAt(pass, cur, fn)
	if name == "os/exec.Command" {
		if request := pipedTo(pass, cur, fn); request != "" {
			pass.Reportf(n, "%s writes its answer to a request, and does not end with %s: use %s", exits.Name(n), request, c.instead)
			return
		}
	}
	if len(n.Args) == 1 && ctx == types.ExprString(n.Args[0])+".Context()" {
		ctx = "" // it is what the request that is sent has, which is none
	}
	switch {
	case ctx != "" && (c.network || !strings.HasSuffix(ctx, ")")): // a command may well outlive its request
		pass.Reportf(n, "%s may block for long, and does not end with %s: use %s", exits.Name(n), ctx, c.instead)
	case onStop(pass, fn) && !(code.IsMain(pass.Pass) && connects(name)):
		pass.Reportf(n, "%s may block for long, and the stop waits for it: use %s", exits.Name(n), c.instead)
	case (strings.Contains(name, "net/http.") || c.database) && inEndlessLoop(cur):
		pass.Reportf(n, "%s in a loop has no time limit: one server that does not answer holds the loop; use %s", exits.Name(n), c.instead)
	case c.database && ctx == "" && usesServer(pass.Pkg) && !ofCommands(pass.Pkg) && !migrates(cur):
		pass.Reportf(n, "%s has no time limit: a database that does not answer holds its caller; use %s", exits.Name(n), c.instead)
	case c.database && ctx == "" && !migrates(cur) && forRequests(pass, fn, helperDepth):
		pass.Reportf(n, "%s has no time limit: a database that does not answer holds requests; use %s with the context of the request", exits.Name(n), c.instead)
	case connects(name) && !ofExamples(pass.Pkg) && !toItself(pass, n):
		pass.Reportf(n, "%s has no time limit: a server that does not answer holds its caller; use %s", exits.Name(n), c.instead)
	case name == "os/exec.Command" && ctx == "" && !ofExamples(pass.Pkg) && ofMessages(pass, cur):
		pass.Reportf(n, "%s has no time limit: a command that hangs holds the messages that come after it; use %s", exits.Name(n), c.instead)
	case name == "os/exec.Command" && (ctx == "" || strings.HasSuffix(ctx, ")")) && !ofProgram(pass.Pkg) && ofUser(pass, cur, line(pass, n)):
		pass.Reportf(n, "%s has no time limit: a command of the configuration that hangs holds its caller; use %s", exits.Name(n), c.instead)
	}
}

// forTests reports whether a package is one for tests, or for migrations, which run
// before there is anything to stop.
func forTests(pkg *types.Package) bool {
	for part := range strings.SplitSeq(pkg.Path(), "/") {
		if strings.HasSuffix(part, "test") || strings.HasPrefix(part, "test") && part != "tester" || strings.HasPrefix(part, "migration") || part == "integration" || part == "e2e" {
			return true
		}
	}
	return false
}

// connects reports whether a function makes a connection, and waits for it as long as
// the kernel or the other end likes.
func connects(name string) bool {
	if strings.HasPrefix(name, "net.Lookup") { // the resolver has a limit of its own
		return false
	}
	return strings.HasPrefix(name, "golang.org/x/crypto/ssh.") || strings.HasSuffix(name, "mqtt.golang.Token).Wait") || strings.HasSuffix(name, "ldap.Conn).Bind") || strings.HasSuffix(name, "/sql.DB).Ping") || strings.HasPrefix(name, "net") || strings.HasPrefix(name, "golang.org/x/net/websocket.") || name == "google.golang.org/grpc.Dial" || strings.HasPrefix(name, "(*net/http.") || strings.HasPrefix(name, "crypto/tls.")
}

// ofCommands reports whether a package is that of commands for a terminal, where a user
// can wait or not.
func ofCommands(pkg *types.Package) bool {
	if pkg.Name() == "main" {
		return true
	}
	for part := range strings.SplitSeq(pkg.Path(), "/") {
		switch part {
		case "cmd", "cli", "command", "commands", "tool", "tools", "example", "examples", "script", "scripts":
			return true
		}
	}
	return false
}

// ofExamples reports whether a package is there to be read, or run by hand.
func ofExamples(pkg *types.Package) bool {
	for part := range strings.SplitSeq(pkg.Path(), "/") {
		switch part {
		case "example", "examples", "script", "scripts", "hack", "contrib", "demo":
			return true
		}
	}
	return false
}

// usesServer reports whether a package imports a driver for databases of another machine.
func usesServer(pkg *types.Package) bool {
	return slices.ContainsFunc(pkg.Imports(), func(p *types.Package) bool { return ofServer(p.Path()) })
}

// migrates reports whether a call is part of a change of a database's tables, which is done
// before there is anything to stop.
func migrates(cur inspector.Cursor) bool {
	decl := code.Declaration(cur)
	if !decl.Valid() {
		return false
	}
	name := strings.ToLower(decl.Node().(*ast.FuncDecl).Name.Name)
	return strings.Contains(name, "migrat") || strings.Contains(name, "schema") || strings.Contains(name, "upgrade")
}

// inEndlessLoop reports whether a call is in a loop of its function that goes on until
// something in it leaves, and that waits between its turns: others try again at once, or
// follow redirections.
func inEndlessLoop(cur inspector.Cursor) bool {
	for c := range cur.Enclosing((*ast.ForStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		loop, ok := c.Node().(*ast.ForStmt)
		if !ok {
			return false
		}
		if loop.Cond == nil && pauses(loop) {
			return true
		}
	}
	return false
}

// pauses reports whether a loop sleeps, or receives from a channel.
func pauses(loop *ast.ForStmt) (found bool) {
	ast.Inspect(loop.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		case *ast.SelectorExpr:
			found = found || n.Sel.Name == "Sleep"
		}
		return !found
	})
	return found
}

// limited reports whether a call ends by itself as far as the function shows: a dial
// within this machine, options that set a time limit, a command that is only started,
// or a database in a file.
func limited(pass *check.Pass, cur inspector.Cursor, n *ast.CallExpr, name string) bool {
	switch {
	case name == "os/exec.Command":
		fn, ok := code.Enclosing(cur)
		return !waitedFor(pass, cur) && !(ok && contextParam(pass, fn) != "" && streams(pass, cur, fn))
	case strings.HasPrefix(name, "(*net/http.Client)."):
		return strings.HasSuffix(name, ".Do") && carries(pass, cur, n) || !bareClient(pass, cur, n) && !forgets(pass, cur, n, name)
	case strings.HasPrefix(name, "net.Dial") && mentions(cur, "DialTimeout"):
		return true // the other branch has a limit: this is for those who want none
	case strings.HasPrefix(name, "net.Dial"):
		tv := pass.TypesInfo.Types[n.Args[0]]
		return tv.Value != nil && (strings.Contains(tv.Value.String(), "unix") || strings.Contains(tv.Value.String(), "udp"))
	case strings.HasSuffix(name, "/sql.DB).Ping") && contextless(pass, cur):
		return ofFile(pass.Pkg) || !opens(pass, cur)
	case strings.HasPrefix(name, "(*database/sql.Stmt)."):
		return ofFile(pass.Pkg) || ofTransaction(pass, n)
	case strings.HasPrefix(name, "(*database/sql."), strings.Contains(name, "sqlx"):
		return ofFile(pass.Pkg)
	case name == "net/smtp.NewClient":
		return pass.Pkg.Path() == "net/smtp" || mentions(cur, "Deadline") || !dialsIn(cur)
	case strings.HasSuffix(name, "ldap.Conn).Bind"):
		return mentions(cur, "SetTimeout")
	case strings.HasPrefix(name, "net/smtp."), name == "net/textproto.Dial", strings.HasPrefix(name, "net/rpc"), strings.HasPrefix(name, "golang.org/x/net/websocket."):
		return strings.HasPrefix(name, pass.Pkg.Path()+".") || onMachine(pass, n)
	case name == "(*net.Dialer).Dial", name == "crypto/tls.DialWithDialer", name == "golang.org/x/crypto/ssh.Dial":
		return !withoutTimeout(pass, n, name)
	case strings.HasSuffix(name, "mqtt.golang.Token).Wait"):
		return mentions(cur, "Connect") // which has a limit
	case name == "google.golang.org/grpc.Dial": // it returns at once, unless it is told to wait
		return !mentions(cur, "WithBlock") || mentions(cur, "WithTimeout")
	case name == "github.com/gomodule/redigo/redis.Dial":
		return len(n.Args) > 2
	}
	return false
}

// dialsIn reports whether the function around a node dials: it knows of all limits of its
// connection.
func dialsIn(cur inspector.Cursor) bool {
	fn, _ := code.Enclosing(cur)
	for c := range fn.Preorder((*ast.CallExpr)(nil)) {
		if strings.Contains(code.CallName(c.Node().(*ast.CallExpr)), "dial") {
			return true
		}
	}
	return false
}

// onMachine reports whether an argument of a call says that it is within this machine.
func onMachine(pass *check.Pass, n *ast.CallExpr) bool {
	for _, arg := range n.Args {
		tv := pass.TypesInfo.Types[arg]
		if tv.Value == nil || tv.Value.Kind() != constant.String {
			continue
		}
		switch s := constant.StringVal(tv.Value); {
		case strings.HasPrefix(s, "unix"), strings.HasPrefix(s, "localhost"), strings.HasPrefix(s, "127."):
			return true
		}
	}
	return false
}

// mentions reports whether the function around a node names something that ends so.
func mentions(cur inspector.Cursor, suffix string) bool {
	fn, _ := code.Enclosing(cur)
	return fn.Valid() && mentionsIn(fn, suffix)
}

func mentionsIn(fn inspector.Cursor, suffix string) bool {
	for id := range fn.Preorder((*ast.Ident)(nil)) {
		if strings.HasSuffix(id.Node().(*ast.Ident).Name, suffix) {
			return true
		}
	}
	return false
}

// opens reports whether the function around a node opens a database: its first use is
// what connects.
func opens(pass *check.Pass, cur inspector.Cursor) bool {
	fn, _ := code.Enclosing(cur)
	for c := range fn.Preorder((*ast.CallExpr)(nil)) {
		if code.IsCall(pass.TypesInfo, c.Node(), "database/sql.Open", "database/sql.OpenDB") {
			return true
		}
	}
	return false
}

// ofFile reports whether the databases of a package are files: it knows of no others.
func ofFile(pkg *types.Package) bool {
	file := false
	for _, p := range pkg.Imports() {
		if ofServer(p.Path()) {
			return false
		}
		file = file || strings.Contains(p.Path(), "sqlite")
	}
	return file
}

// ofServer reports whether a package is a driver for databases of another machine.
func ofServer(path string) bool {
	for _, word := range []string{"mysql", "mssql", "postgres", "pgx", "lib/pq", "clickhouse", "go-ora", "godror", "snowflake"} {
		if strings.Contains(path, word) {
			return true
		}
	}
	return false
}
