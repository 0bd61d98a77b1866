// SPDX-License-Identifier: Apache-2.0

// Package server knows how the servers of Go programs are started and stopped: which
// calls serve, which stop, on which server, and which functions of a program do it for
// their callers.
package server

import (
	"go/ast"
	"go/types"
	"strings"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// An Op is what a call does to a server.
type Op int

// The operations. Serve blocks until the server has been told to stop. ServeGlobal does
// too, but no one can tell it. Shutdown waits for requests until its context is done,
// GracefulStop without a bound. Close does not wait.
const (
	None Op = iota
	Serve
	ServeGlobal
	Shutdown
	GracefulStop
	Close
)

// Stops reports whether the operation stops a server.
func (op Op) Stops() bool { return op == Shutdown || op == GracefulStop || op == Close }

// A known function of a library.
type known struct {
	op     Op
	closed bool // serves, and returns http.ErrServerClosed after a stop
	ctx    bool // its first parameter is the context that bounds it
	drains bool // serves, and after a stop returns when that is over
	server int  // the parameter that is the server, from 1; 0 is the receiver
}

// calls has the functions of libraries by their full names, without the "/v2" of
// module paths.
var calls = map[string]known{
	"(*net/http.Server).ListenAndServe":    {op: Serve, closed: true},
	"(*net/http.Server).ListenAndServeTLS": {op: Serve, closed: true},
	"(*net/http.Server).Serve":             {op: Serve, closed: true},
	"(*net/http.Server).ServeTLS":          {op: Serve, closed: true},
	"(*net/http.Server).Shutdown":          {op: Shutdown, ctx: true},
	"(*net/http.Server).Close":             {op: Close},
	"net/http.ListenAndServe":              {op: ServeGlobal},
	"net/http.ListenAndServeTLS":           {op: ServeGlobal},
	"net/http.Serve":                       {op: ServeGlobal},
	"net/http.ServeTLS":                    {op: ServeGlobal},

	"(*github.com/quic-go/quic-go/http3.Server).ListenAndServe":    {op: Serve, closed: true},
	"(*github.com/quic-go/quic-go/http3.Server).ListenAndServeTLS": {op: Serve, closed: true},
	"(*github.com/quic-go/quic-go/http3.Server).Serve":             {op: Serve, closed: true},
	"(*github.com/quic-go/quic-go/http3.Server).ServeListener":     {op: Serve, closed: true},
	"(*github.com/quic-go/quic-go/http3.Server).Shutdown":          {op: Shutdown, ctx: true},
	"(*github.com/quic-go/quic-go/http3.Server).Close":             {op: Close},

	// Serve of grpc returns nil after a stop, and not before GracefulStop is done.
	"(*google.golang.org/grpc.Server).Serve":        {op: Serve, drains: true},
	"(*google.golang.org/grpc.Server).GracefulStop": {op: GracefulStop},
	"(*google.golang.org/grpc.Server).Stop":         {op: Close},

	"(*github.com/labstack/echo.Echo).Start":       {op: Serve, closed: true},
	"(*github.com/labstack/echo.Echo).StartTLS":    {op: Serve, closed: true},
	"(*github.com/labstack/echo.Echo).StartServer": {op: Serve, closed: true, server: 0},
	"(*github.com/labstack/echo.Echo).Shutdown":    {op: Shutdown, ctx: true},
	"(*github.com/labstack/echo.Echo).Close":       {op: Close},

	"(*github.com/gin-gonic/gin.Engine).Run":         {op: ServeGlobal},
	"(*github.com/gin-gonic/gin.Engine).RunTLS":      {op: ServeGlobal},
	"(*github.com/gin-gonic/gin.Engine).RunUnix":     {op: ServeGlobal},
	"(*github.com/gin-gonic/gin.Engine).RunListener": {op: ServeGlobal},

	// Listen of fiber and Serve of fasthttp return nil after a stop.
	"(*github.com/gofiber/fiber.App).Listen":                    {op: Serve},
	"(*github.com/gofiber/fiber.App).ListenTLS":                 {op: Serve},
	"(*github.com/gofiber/fiber.App).Listener":                  {op: Serve},
	"(*github.com/gofiber/fiber.App).Shutdown":                  {op: GracefulStop},
	"(*github.com/gofiber/fiber.App).ShutdownWithContext":       {op: Shutdown, ctx: true},
	"(*github.com/gofiber/fiber.App).ShutdownWithTimeout":       {op: Shutdown},
	"(*github.com/valyala/fasthttp.Server).ListenAndServe":      {op: Serve},
	"(*github.com/valyala/fasthttp.Server).Serve":               {op: Serve},
	"(*github.com/valyala/fasthttp.Server).Shutdown":            {op: GracefulStop},
	"(*github.com/valyala/fasthttp.Server).ShutdownWithContext": {op: Shutdown, ctx: true},

	// Shutdown of dns waits for each query, and then for Serve.
	"(*github.com/miekg/dns.Server).ListenAndServe":   {op: Serve, drains: true},
	"(*github.com/miekg/dns.Server).ActivateAndServe": {op: Serve, drains: true},
	"(*github.com/miekg/dns.Server).Shutdown":         {op: GracefulStop},
	"(*github.com/miekg/dns.Server).ShutdownContext":  {op: Shutdown, ctx: true},

	"github.com/prometheus/exporter-toolkit/web.ListenAndServe": {op: Serve, closed: true, server: 1},
	"github.com/prometheus/exporter-toolkit/web.Serve":          {op: Serve, closed: true, server: 2},
}

// libraries are the import paths that calls is about: a package that imports none of
// them, and nothing that wraps them, has no servers.
var libraries = map[string]bool{
	"net/http": true, "google.golang.org/grpc": true, "github.com/labstack/echo": true,
	"github.com/gin-gonic/gin": true, "github.com/gofiber/fiber": true,
	"github.com/valyala/fasthttp": true, "github.com/quic-go/quic-go/http3": true, "github.com/miekg/dns": true, "github.com/prometheus/exporter-toolkit/web": true,
}

func lookup(info *types.Info, call *ast.CallExpr) (known, bool) {
	k, ok := calls[unversioned(code.Callee(info, call))]
	return k, ok
}

// unversioned removes the elements "/v2", "/v3" and so on.
func unversioned(name string) string {
	for i := strings.Index(name, "/v"); i >= 0; {
		end := i + 2
		for end < len(name) && '0' <= name[end] && name[end] <= '9' {
			end++
		}
		if end > i+2 && end < len(name) && (name[end] == '.' || name[end] == '/') {
			return name[:i] + name[end:]
		}
		next := strings.Index(name[i+2:], "/v")
		if next < 0 {
			break
		}
		i += 2 + next
	}
	return name
}
