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
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// asks are the names of methods of clients that wait for another machine, as long as their
// context lets them.
var asks = []string{"Send", "SendMessage", "Publish", "Token", "Exchange", "Lock", "Unlock", "Campaign", "Resign", "Revoke", "WriteMessages"}

// ends are those of methods that say good-bye to one.
var ends = []string{"Close", "Stop", "Disconnect", "Unlock", "Resign", "Revoke", "Leave", "Deregister", "Release", "Flush", "Drain", "Delete"}

// bounded are parts of the paths of modules whose clients have time limits by default, or
// that wait for nothing but this process.
var bounded = []string{"redis", "golang.org/x/time", "golang.org/x/sync", "opentelemetry", "mongo", "/log", "zap", "testcontainers"}

// detached reports whether a call of another module waits for another machine with a context
// that never ends, and says what for.
func detached(pass *check.Pass, cur, fn inspector.Cursor, n *ast.CallExpr) (wait string) {
	if len(n.Args) == 0 || !neverEnds(pass, cur, n.Args[0]) {
		return ""
	}
	callee, ok := typeutil.Callee(pass.TypesInfo, n).(*types.Func)
	if !ok || callee.Pkg() == nil || callee.Signature().Recv() == nil || !foreign(pass, callee.Pkg().Path()) {
		return ""
	}
	switch name := callee.Name(); {
	case onStop(pass, fn) && slices.ContainsFunc(ends, func(verb string) bool { return strings.HasPrefix(name, verb) }):
		return "and the stop waits for it"
	case ofCommands(pass.Pkg) && !strings.HasSuffix(callee.Pkg().Path(), "/concurrency"):
		return ""
	case (asking(name) || isStub(callee) || isRequest(pass, callee)) && !carriesClient(cur, callee):
		return "with a context that never ends"
	}
	return ""
}

// foreign reports whether a package is of another module, that of a client that may wait for
// ever.
func foreign(pass *check.Pass, path string) bool {
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") || ofModule(pass, path) || server.SameModule(path, pass.Pkg.Path()) && !strings.HasSuffix(path, "/concurrency") {
		return false
	}
	return !slices.ContainsFunc(bounded, func(part string) bool { return strings.Contains(path, part) })
}

// ofModule reports whether a package is one of the module, or one below or above that which
// is looked at.
func ofModule(pass *check.Pass, path string) bool {
	below := func(path, above string) bool { return path == above || strings.HasPrefix(path, above+"/") }
	own := pass.Pkg.Path()
	if pass.Module != nil && pass.Module.Path != "" && below(own, pass.Module.Path) {
		return below(path, pass.Module.Path) && !strings.HasSuffix(path, "/concurrency")
	}
	return below(path, own) || below(own, path)
}

// isStub reports whether a method is that of a client of gRPC, or of Connect, for a single
// answer.
func isStub(fn *types.Func) bool {
	sig := fn.Signature()
	if sig.Results().Len() == 2 && ofConnect(sig.Results().At(0).Type()) {
		return mayFail(fn)
	}
	if !sig.Variadic() || sig.Results().Len() != 2 || types.IsInterface(sig.Results().At(0).Type()) {
		return false
	}
	last, ok := sig.Params().At(sig.Params().Len() - 1).Type().(*types.Slice)
	return ok && code.IsNamed(last.Elem(), "google.golang.org/grpc.CallOption")
}

// ofConnect reports whether a type is a pointer to an answer of Connect.
func ofConnect(t types.Type) bool {
	return code.IsNamed(t, "connectrpc.com/connect.Response") || code.IsNamed(t, "github.com/bufbuild/connect-go.Response")
}

// contextual are the methods of databases that take a context, each like the one without.
var contextual = []string{
	"(*database/sql.DB).ExecContext", "(*database/sql.DB).QueryContext", "(*database/sql.DB).QueryRowContext", "(*database/sql.DB).PingContext",
	"(*github.com/jackc/pgx.Conn).Exec", "(*github.com/jackc/pgx.Conn).Query", "(*github.com/jackc/pgx.Conn).QueryRow",
	"(*github.com/jackc/pgx/pgxpool.Pool).Exec", "(*github.com/jackc/pgx/pgxpool.Pool).Query", "(*github.com/jackc/pgx/pgxpool.Pool).QueryRow", "(*github.com/jackc/pgx/pgxpool.Pool).Begin",
}

// queries reports whether a call asks a database of another machine with a context that
// never ends.
func queries(pass *check.Pass, cur inspector.Cursor, n *ast.CallExpr, name string) bool {
	return slices.Contains(contextual, name) && code.IsCall(pass.TypesInfo, n.Args[0], "context.Background", "context.TODO") &&
		usesServer(pass.Pkg) && !ofCommands(pass.Pkg) && !migrates(cur)
}
