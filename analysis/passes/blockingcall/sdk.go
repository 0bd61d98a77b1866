// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// sdks begin the paths of packages whose clients have no time limit by default: their calls
// wait for a server as long as their context lets them.
var sdks = []string{
	"k8s.io/client-go/kubernetes", "github.com/docker/docker/client", "github.com/moby/moby/client",
	"github.com/Azure/azure-sdk-for-go/", "github.com/jackc/pgx/", "github.com/minio/minio-go/",
}

// ofSDK reports whether a method is of such a client, and asks the server for something.
func ofSDK(fn *types.Func) bool {
	return mayFail(fn) && slices.ContainsFunc(sdks, func(path string) bool { return strings.HasPrefix(fn.Pkg().Path()+"/", path) })
}

// givesLimit reports whether a package has a client of its own that limits how long an answer
// may take, and gives it to others, or sets a limit in their configuration.
func givesLimit(pass *check.Pass) bool {
	gives := namesOne(pass, []string{"HTTPClient", "WithHTTPClient"})
	for c := range pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		id := c.Node().(*ast.Ident)
		if !limits(id.Name) || code.IsTest(pass.Fset, id.Pos()) {
			continue
		}
		v, ok := pass.TypesInfo.Uses[id].(*types.Var)
		if !ok || !v.IsField() || v.Pkg() == nil {
			continue
		}
		if path := v.Pkg().Path(); path == "net/http" && gives && !ofServerSide(v) || id.Name == "Timeout" && foreign(pass, path) {
			return true
		}
	}
	return false
}

// asking reports whether a method of a client has the name of one that waits for another
// machine.
func asking(name string) bool {
	return slices.Contains(asks, name) || strings.HasPrefix(name, "Await")
}

// carriesClient reports whether a function gives contexts a client of HTTP, which may have a
// time limit, for a package that takes it from there.
func carriesClient(cur inspector.Cursor, fn *types.Func) bool {
	path := fn.Pkg().Path()
	return (strings.Contains(path, "oauth2") || strings.Contains(path, "oidc")) && (mentions(cur, "HTTPClient") || mentions(cur, "ClientContext"))
}
