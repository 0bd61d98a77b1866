// SPDX-License-Identifier: Apache-2.0

package uncatchable

import (
	_ "embed"
	"go/ast"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports SIGKILL and SIGSTOP given to functions of os/signal.
var Analyzer = check.New(doc, run, signals.Analyzer)

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil {
		return nil, nil
	}
	reported := map[ast.Expr]bool{}
	for _, call := range pkg.Calls {
		if call.Op == signals.Reset || call.Op == signals.Stop || code.IsTest(pass.Fset, call.Expr.Pos()) {
			continue
		}
		for _, item := range call.Signals.Items {
			if item.Expr == nil || reported[item.Expr] || !uncatchable(item) {
				continue
			}
			reported[item.Expr] = true
			pass.Reportf(item.Expr, "%s cannot be taken: signal.%s for it has no effect", item.Name, call.Op)
		}
	}
	return nil, nil
}

func uncatchable(item signals.Item) bool {
	return item.Name == "SIGKILL" || item.Name == "SIGSTOP"
}
