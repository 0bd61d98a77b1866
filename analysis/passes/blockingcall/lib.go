// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A lib is a function of a library that asks another machine, and has no time limit by itself.
type lib struct {
	instead string
	unless  []string // what the file names that limits it
}

// libs has them, by their full names without a major version.
var libs = map[string]lib{
	"(*net/rpc.Client).Call": {"its method Go, and a limit of your own", []string{"SetDeadline", "SetReadDeadline", "deadline", "Timeout"}},

	"(*github.com/prometheus/client_golang/prometheus/push.Pusher).Push":   {"its method Client, with a client that has a Timeout", []string{"Client", "HTTPDoer", "PushContext"}},
	"(*github.com/prometheus/client_golang/prometheus/push.Pusher).Add":    {"its method Client, with a client that has a Timeout", []string{"Client", "HTTPDoer", "AddContext"}},
	"(*github.com/prometheus/client_golang/prometheus/push.Pusher).Delete": {"its method Client, with a client that has a Timeout", []string{"Client", "HTTPDoer"}},
	"github.com/prometheus/client_golang/prometheus/push.FromGatherer":     {"push.New, and a client that has a Timeout", nil},
	"github.com/prometheus/client_golang/prometheus/push.AddFromGatherer":  {"push.New, and a client that has a Timeout", nil},
	"github.com/prometheus/client_golang/prometheus/push.Collectors":       {"push.New, and a client that has a Timeout", nil},
	"github.com/prometheus/client_golang/prometheus/push.AddCollectors":    {"push.New, and a client that has a Timeout", nil},

	"github.com/equinox-io/equinox.Check":            {"its option HTTPClient, with a client that has a Timeout", []string{"HTTPClient"}},
	"(github.com/equinox-io/equinox.Response).Apply": {"its option HTTPClient, with a client that has a Timeout", []string{"HTTPClient"}},

	"github.com/go-stomp/stomp.Dial":             {"stomp.Connect, and net.Dialer.DialContext", nil},
	"github.com/emersion/go-imap/client.Dial":    {"client.DialWithDialer, with a dialer that has a Timeout", []string{"Timeout"}},
	"github.com/emersion/go-imap/client.DialTLS": {"client.DialWithDialerTLS, with a dialer that has a Timeout", []string{"Timeout"}},
	"github.com/jlaffaye/ftp.Connect":            {"ftp.DialTimeout", nil},
}

// openers are functions that ask another machine before they return, as long as their context
// lets them.
var openers = []string{
	"github.com/coreos/go-oidc.NewProvider", "github.com/coreos/go-oidc/oidc.NewProvider",
	"(*github.com/coreos/go-oidc.IDTokenVerifier).Verify", "(*github.com/coreos/go-oidc/oidc.IDTokenVerifier).Verify",
	"(*github.com/coreos/go-oidc.Provider).UserInfo", "(*github.com/coreos/go-oidc/oidc.Provider).UserInfo",
	"github.com/jackc/pgx.Connect", "github.com/jackc/pgx.ConnectConfig", "github.com/jackc/pgx/pgxpool.Connect", "github.com/jackc/pgx/pgxpool.ConnectConfig",
	"(*net.Dialer).DialContext", "golang.org/x/net/context/ctxhttp.Do", "golang.org/x/net/context/ctxhttp.Get", "golang.org/x/net/context/ctxhttp.Post",
	"nhooyr.io/websocket.Dial", "github.com/coder/websocket.Dial", "github.com/Azure/go-amqp.Dial",
}

// unlimitedLib returns what to use instead of a function of a library that waits for another
// machine for ever, where that matters.
func unlimitedLib(pass *check.Pass, cur inspector.Cursor, n *ast.CallExpr, name string) (instead string) {
	instead = withLimit(pass, cur, n, name)
	if instead == "" || ofExamples(pass.Pkg) || ofCommands(pass.Pkg) && !inEndlessLoop(cur) && !often(pass, cur, helperDepth) || raced(pass, cur) {
		return ""
	}
	return instead
}

// withLimit returns what does the same as a function of a library, within a time limit.
func withLimit(pass *check.Pass, cur inspector.Cursor, n *ast.CallExpr, name string) string {
	if l, ok := libs[name]; ok && pass.Pkg.Path() != "net/rpc" {
		if nearby(cur, l.unless) || onMachine(pass, n) || code.Imports(pass.Pkg, "github.com/hashicorp/go-plugin") {
			return ""
		}
		return l.instead
	}
	if unlimitedClient(pass, name) {
		return "a client that has a time limit"
	}
	if name == "(*net.Dialer).DialContext" && (!withoutTimeout(pass, n, "(*net.Dialer).Dial") || onMachine(pass, n)) {
		return ""
	}
	if callee, ok := typeutil.Callee(pass.TypesInfo, n).(*types.Func); ok && slices.Contains(openers, name) && len(n.Args) > 0 && neverEnds(pass, cur, n.Args[0]) && !carriesClient(cur, callee) {
		return "a context with a time limit"
	}
	return inTime(pass, n)
}

// namesOne reports whether a package names one of what limits something.
func namesOne(pass *check.Pass, names []string) bool {
	for c := range pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		if id := c.Node().(*ast.Ident); slices.Contains(names, id.Name) && !code.IsTest(pass.Fset, id.Pos()) {
			return true
		}
	}
	return false
}

// nearby reports whether the file around a call names one of what limits it.
func nearby(cur inspector.Cursor, names []string) bool {
	for file := range cur.Enclosing((*ast.File)(nil)) {
		for id := range file.Preorder((*ast.Ident)(nil)) {
			if slices.Contains(names, id.Node().(*ast.Ident).Name) {
				return true
			}
		}
	}
	return false
}

// raced reports whether a call is in a goroutine of its own, which may be left behind.
func raced(pass *check.Pass, cur inspector.Cursor) bool {
	fn, ok := code.Enclosing(cur)
	if !ok {
		return false
	}
	_, lit := fn.Node().(*ast.FuncLit)
	loop, inLoop := code.Loop(cur)
	return lit && started(fn) && !(inLoop && fn.Contains(loop))
}

// often reports whether a call is in an endless loop of the package that pauses, or in a
// function that one calls.
func often(pass *check.Pass, cur inspector.Cursor, depth int) bool {
	for c := range cur.Enclosing((*ast.ForStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		loop, ok := c.Node().(*ast.ForStmt)
		if !ok {
			break
		}
		if loop.Init == nil && loop.Post == nil && pauses(loop) {
			return true
		}
	}
	fn, ok := code.Enclosing(cur)
	if !ok || depth == 0 {
		return false
	}
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok {
		return false
	}
	obj := pass.TypesInfo.Defs[decl.Name]
	for c := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		if callee := typeutil.StaticCallee(pass.TypesInfo, call); callee == nil || types.Object(callee.Origin()) != obj || isGo(c) || code.IsTest(pass.Fset, call.Pos()) {
			continue
		}
		if often(pass, c, depth-1) {
			return true
		}
	}
	return false
}

// defaulted are parts of the paths of modules whose dials have a limit by default.
var defaulted = []string{"mgo", "beanstalk", "amqp", "nats", "memcache", "fasthttp"}

// inTime returns the name of the function that dials as a call of another module does, but
// takes a time limit, as DialTimeout beside Dial: that there is one says that the other has
// none.
func inTime(pass *check.Pass, n *ast.CallExpr) string {
	fn, ok := typeutil.Callee(pass.TypesInfo, n).(*types.Func)
	if !ok || fn.Pkg() == nil || !foreign(pass, fn.Pkg().Path()) || !strings.HasPrefix(fn.Name(), "Dial") && !strings.HasPrefix(fn.Name(), "Connect") ||
		strings.Contains(fn.Name(), "Time") || onMachine(pass, n) || connectionless(pass, n) || slices.ContainsFunc(defaulted, func(part string) bool { return strings.Contains(fn.Pkg().Path(), part) }) {
		return ""
	}
	sig := fn.Signature()
	if sig.Params().Len() > 0 && code.IsNamed(sig.Params().At(0).Type(), "context.Context") || sig.Variadic() && len(n.Args) >= sig.Params().Len() || takesTime(sig) {
		return ""
	}
	for _, ending := range []string{"Timeout", "WithTimeout", "InTimeout"} {
		if other := beside(pass, n, fn, fn.Name()+ending); other != nil && takesTime(other.Signature()) && types.Identical(other.Signature().Results(), sig.Results()) {
			return other.Name()
		}
	}
	return ""
}

// connectionless reports whether a dial sends nothing, and so waits for nobody.
func connectionless(pass *check.Pass, n *ast.CallExpr) bool {
	return slices.ContainsFunc(n.Args, func(arg ast.Expr) bool {
		s, ok := text(pass, arg)
		return ok && strings.HasPrefix(s, "udp")
	})
}

// takesTime reports whether a function has a parameter that is a duration.
func takesTime(sig *types.Signature) bool {
	for p := range sig.Params().Variables() {
		if code.IsNamed(p.Type(), "time.Duration") {
			return true
		}
	}
	return false
}
