// SPDX-License-Identifier: Apache-2.0

package pkglisten

import (
	_ "embed"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

//go:embed doc.go
var doc string

// Analyzer reports http.ListenAndServe in a program that shuts other servers down.
var Analyzer = check.New(doc, run, server.Analyzer)

func run(pass *check.Pass) (any, error) {
	info := pass.ResultOf[server.Analyzer].(*server.Info)
	if len(info.Sites) == 0 || !server.InProgram(pass.Pass) || !stopsGracefully(info) {
		return nil, nil
	}
	for _, s := range info.Sites {
		if s.Op == server.ServeGlobal && (!s.Wrapped || elsewhere(pass, s)) && !info.Aside(s.At) && !server.Redirects(s.Call) {
			pass.Reportf(s.Call, "nobody can stop the server of %s: the program shuts others down, and cuts off the requests of this one",
				types.ExprString(s.Call.Fun))
		}
	}
	return nil, nil
}

// elsewhere reports whether a call is of a function in another package of the module,
// which does not know that the program stops its servers.
func elsewhere(pass *check.Pass, s server.Site) bool {
	fn, ok := typeutil.Callee(pass.TypesInfo, s.Call).(*types.Func)
	return ok && fn.Pkg() != nil && fn.Pkg() != pass.Pkg && server.SameProgram(pass.Pass, fn.Pkg())
}

// stopsGracefully reports whether a package stops servers, and waits for their requests.
func stopsGracefully(info *server.Info) bool {
	for _, s := range info.Sites {
		if s.Op == server.Shutdown || s.Op == server.GracefulStop {
			return true
		}
	}
	return false
}
