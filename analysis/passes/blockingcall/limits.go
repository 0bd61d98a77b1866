// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// namesLimit reports whether a package names a field that limits how long an answer may take.
func namesLimit(pass *check.Pass) bool {
	for c := range pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		id := c.Node().(*ast.Ident)
		if !limits(id.Name) || code.IsTest(pass.Fset, id.Pos()) {
			continue
		}
		if v, ok := pass.TypesInfo.Uses[id].(*types.Var); ok && v.IsField() && !ofServerSide(v) {
			return true
		}
	}
	return false
}

// others are limits of something else than the wait for an answer.
var others = []string{"DialTimeout", "ConnectTimeout", "IdleTimeout", "IdleConnTimeout", "TLSHandshakeTimeout", "ReadHeaderTimeout", "ShutdownTimeout", "KeepAliveTimeout"}

// limits reports whether a field is named like one that limits the time of something.
func limits(field string) bool {
	return (strings.HasSuffix(field, "Timeout") || strings.HasSuffix(field, "Deadline")) && !slices.Contains(others, field)
}

// ofServerSide reports whether a field is one of a server of net/http: it limits its clients.
func ofServerSide(field *types.Var) bool {
	if field.Pkg() == nil || field.Pkg().Path() != "net/http" {
		return false
	}
	return field.Name() == "ReadTimeout" || field.Name() == "WriteTimeout"
}
