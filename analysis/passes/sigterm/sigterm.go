// SPDX-License-Identifier: Apache-2.0

package sigterm

import (
	_ "embed"
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports servers that stop on SIGINT and not on SIGTERM.
var Analyzer = check.New(doc, run, signals.Analyzer)

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil {
		return nil, nil
	}
	var onlyInt []*signals.Call
	for _, call := range pkg.Calls {
		switch {
		case call.Op == signals.Stop || code.IsTest(pass.Fset, call.Expr.Pos()):
		case call.Signals.May(syscall.SIGTERM):
			return nil, nil
		case call.Op != signals.Notify && call.Op != signals.NotifyContext:
		case call.Signals.Has(syscall.SIGINT):
			onlyInt = append(onlyInt, call)
		}
	}
	for _, call := range onlyInt {
		if serves(pass, call.At) {
			pass.Reportf(call.Expr, "only SIGINT is taken: SIGTERM, which stops a service, ends this server at once and nothing is cleaned up")
		}
	}
	return nil, nil
}

// serves reports whether the function of a call, or the program, is a server.
func serves(pass *check.Pass, at inspector.Cursor) bool {
	where := signals.Declaration(at)
	if pass.Pkg.Name() == "main" || !where.Valid() {
		where = pass.Inspect.Root()
	}
	for cur := range where.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if !code.IsTest(pass.Fset, call.Pos()) && server(pass.TypesInfo, call) {
			return true
		}
	}
	return false
}

var listens = []string{
	"net.Listen", "net.ListenTCP", "net.ListenUDP", "net.ListenUnix", "net.ListenPacket", "(*net.ListenConfig).Listen",
	"crypto/tls.Listen", "net/http.Serve", "net/http.ServeTLS", "net/http.ListenAndServe", "net/http.ListenAndServeTLS",
}

// methods are the names under which servers serve and stop.
var methods = []string{
	"Serve", "ServeTLS", "ListenAndServe", "ListenAndServeTLS", "ListenAndServeUnix", "GracefulStop", "Shutdown", "ShutdownWithContext", "StartTLS", "RunTLS",
}

// server reports whether a call is one that only servers make: it listens, or calls a
// method of another package by one of the usual names.
func server(info *types.Info, call *ast.CallExpr) bool {
	fn, ok := typeutil.Callee(info, call).(*types.Func)
	if !ok || fn.Pkg() == nil {
		return false
	}
	name := fn.Origin().FullName()
	if slices.Contains(listens, name) {
		return true
	}
	if !slices.Contains(methods, fn.Name()) || fn.Signature().Recv() == nil {
		return false
	}
	// What is flushed with Shutdown is no server.
	return !strings.Contains(name, "otel") && !strings.Contains(name, "opentelemetry") && !strings.Contains(name, "trace") && !isConn(fn)
}

// isConn reports whether Shutdown closes one side of a connection.
func isConn(fn *types.Func) bool {
	return fn.Pkg().Path() == "net" || strings.HasPrefix(fn.Pkg().Path(), "golang.org/x/sys")
}
