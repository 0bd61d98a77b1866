// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
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
