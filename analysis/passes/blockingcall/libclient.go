// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A libClient is the client of a library that has no time limit unless it is told of one.
type libClient struct {
	request string   // what the names of the methods that send begin with
	methods []string // they
	maker   string   // what makes the client
	unless  []string // what a package names that limits it
}

// libClients has them, by names without a major version.
var libClients = []libClient{
	{
		"(*github.com/go-resty/resty.Request).",
		[]string{"Get", "Head", "Post", "Put", "Patch", "Delete", "Execute", "Send"},
		"github.com/go-resty/resty.New",
		[]string{"SetTimeout", "SetContext", "SetTransport", "NewWithClient"},
	},
	{
		"(*github.com/hashicorp/go-retryablehttp.Client).",
		[]string{"Do", "Get", "Head", "Post", "PostForm"},
		"github.com/hashicorp/go-retryablehttp.NewClient",
		[]string{"HTTPClient", "WithContext", "NewRequestWithContext"},
	},
}

// unlimitedClient reports whether a call sends a request by a client of a library that the
// package makes and sets no time limit of.
func unlimitedClient(pass *check.Pass, name string) bool {
	for _, c := range libClients {
		if method, ok := strings.CutPrefix(name, c.request); ok && slices.Contains(c.methods, method) {
			return !namesOne(pass, c.unless) && callsOne(pass, c.maker)
		}
	}
	return false
}

// callsOne reports whether a package calls a function.
func callsOne(pass *check.Pass, name string) bool {
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		n := cur.Node().(*ast.CallExpr)
		if unversioned(code.Callee(pass.TypesInfo, n)) == name && !code.IsTest(pass.Fset, n.Pos()) {
			return true
		}
	}
	return false
}
