// SPDX-License-Identifier: Apache-2.0

package cancelledctx

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// remote are the packages, with those below them, whose calls with a context ask another
// process for something: with one that has ended they do nothing but fail.
var remote = []string{
	"database/sql", "github.com/jmoiron/sqlx", "github.com/jackc/pgx", "github.com/redis/go-redis", "github.com/go-redis/redis",
	"go.mongodb.org/mongo-driver", "github.com/segmentio/kafka-go", "go.etcd.io/etcd/client",
}

// asks reports whether a call is of a function of those packages, makes a request of HTTP, or
// is one of a client of gRPC.
func (c *checker) asks(call *ast.CallExpr) bool {
	if len(call.Args) == 0 || !isContext(c.pass.TypesInfo.TypeOf(call.Args[0])) {
		return false
	}
	fn, ok := typeutil.Callee(c.pass.TypesInfo, call).(*types.Func)
	if !ok || fn.Pkg() == nil {
		return false
	}
	for _, path := range remote {
		if rest, below := strings.CutPrefix(fn.Pkg().Path(), path); below && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return fn.FullName() == "net/http.NewRequestWithContext" || isStub(fn.Signature())
}

// isStub reports whether a method is one of a client of gRPC, or of Connect: it sends nothing
// with a context that has ended.
func isStub(sig *types.Signature) bool {
	if sig.Recv() == nil || sig.Results().Len() != 2 {
		return false
	}
	if t := sig.Results().At(0).Type(); code.IsNamed(t, "connectrpc.com/connect.Response") || code.IsNamed(t, "github.com/bufbuild/connect-go.Response") {
		return true
	}
	last, ok := sig.Params().At(sig.Params().Len() - 1).Type().(*types.Slice)
	return ok && sig.Variadic() && code.IsNamed(last.Elem(), "google.golang.org/grpc.CallOption")
}

// closure reports whether a call is of a function literal that the function keeps in a
// variable, and that cleans up or asks with the context of an end.
func (c *checker) closure(call *ast.CallExpr, e end) (found bool) {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	lit := c.literal(c.pass.TypesInfo.Uses[id])
	if lit == nil || code.ContainsPos(lit, e.at.Pos()) {
		return false
	}
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		if inner, ok := n.(*ast.CallExpr); ok && !found && (c.cleans(inner) || c.asks(inner)) {
			_, found = c.contexts.ended(inner.Args[0], e)
		}
		return !found
	})
	return found
}

// literal returns the function literal that a variable of the function always holds.
func (c *checker) literal(v types.Object) (lit *ast.FuncLit) {
	values := 0
	if v == nil {
		return nil
	}
	ast.Inspect(c.decl, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for i, l := range a.Lhs {
				if id, ok := l.(*ast.Ident); ok && c.pass.TypesInfo.ObjectOf(id) == v && len(a.Lhs) == len(a.Rhs) {
					values++
					lit, _ = a.Rhs[i].(*ast.FuncLit)
				}
			}
		}
		return true
	})
	if values != 1 {
		return nil
	}
	return lit
}
