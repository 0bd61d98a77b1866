// SPDX-License-Identifier: Apache-2.0

package sigterm

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// listens are functions that only servers call.
var listens = []string{
	"net.Listen", "net.ListenTCP", "net.ListenUDP", "net.ListenUnix", "net.ListenPacket", "(*net.ListenConfig).Listen",
	"crypto/tls.Listen", "net/http.Serve", "net/http.ServeTLS", "net/http.ListenAndServe", "net/http.ListenAndServeTLS",
}

// methods are the names under which servers serve and stop.
var methods = []string{
	"Serve", "ServeTLS", "ListenAndServe", "ListenAndServeTLS", "ListenAndServeUnix", "GracefulStop", "Shutdown", "ShutdownWithContext", "StartTLS", "RunTLS",
}

// lifecycle are the methods that tell a server from a client of it, on a type that is
// called one.
var lifecycle = []string{"Start", "Run", "Stop", "Close", "Listen", "Open"}

// frameworks are the servers that are not called so.
var frameworks = map[string][]string{
	"gin-gonic/gin": {"Run"}, "labstack/echo": {"Start"}, "gofiber/fiber": {"Listen"},
}

// server reports whether a call is one that only servers make: it listens, or calls a
// method by one of the usual names.
func server(info *types.Info, call *ast.CallExpr) bool {
	fn, ok := typeutil.Callee(info, call).(*types.Func)
	if !ok || fn.Pkg() == nil || telemetry(fn) {
		return false
	}
	name := fn.Origin().FullName()
	if slices.Contains(listens, name) {
		return true
	}
	recv := fn.Signature().Recv()
	if recv == nil {
		return false
	}
	for path, names := range frameworks {
		if strings.Contains(name, path) && slices.Contains(names, fn.Name()) {
			return true
		}
	}
	return slices.Contains(methods, fn.Name()) || slices.Contains(lifecycle, fn.Name()) && isServer(named(recv))
}

// telemetry reports whether a function belongs to what is flushed with Shutdown and is no
// server, or to a connection, of which it closes one side.
func telemetry(fn *types.Func) bool {
	path := fn.Pkg().Path()
	for _, part := range []string{"otel", "opentelemetry", "trace", "tracing", "telemetry", "metric", "httptest"} {
		if strings.Contains(path, part) {
			return true
		}
	}
	return path == "net" && fn.Signature().Recv() != nil && fn.Name() == "Shutdown" || strings.HasPrefix(path, "golang.org/x/sys")
}

// isServer reports whether a type is called one that serves.
func isServer(t *types.TypeName) bool {
	if t == nil {
		return false
	}
	for _, word := range []string{"server", "service", "app", "api", "daemon"} {
		if strings.HasSuffix(strings.ToLower(t.Name()), word) {
			return true
		}
	}
	return false
}
