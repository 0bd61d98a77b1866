// SPDX-License-Identifier: Apache-2.0

package signalbuffer

import (
	_ "embed"
	"go/ast"
	"go/token"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports signal.Notify with a channel that has no room for a signal.
var Analyzer = check.New(doc, run, signals.Analyzer)

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil {
		return nil, nil
	}
	for _, c := range pkg.Channels {
		if c.Inline {
			continue
		}
		for _, m := range pkg.Unbuffered(c) {
			report(pass, c, m)
		}
	}
	return nil, nil
}

// report reports a channel where it is registered: in the function that makes it, if it
// is there, else by the first call of the package; where it is made, if that is far away.
func report(pass *check.Pass, c *signals.Channel, m *ast.CallExpr) {
	at := analysis.Range(m)
	if i := slices.IndexFunc(c.Notifies, func(n *signals.Call) bool { return !code.IsTest(pass.Fset, n.Expr.Pos()) }); i >= 0 {
		at = c.Notifies[i].Expr
	}
	for _, n := range c.Notifies {
		if decl := code.Declaration(n.At); decl.Valid() && code.Contains(decl.Node(), m) {
			at = n.Expr
			break
		}
	}
	pass.Report(analysis.Diagnostic{
		Pos: at.Pos(), End: at.End(),
		Message:        "signal.Notify with an unbuffered channel: a signal that comes while nobody receives is lost",
		Related:        []analysis.RelatedInformation{{Pos: m.Pos(), End: m.End(), Message: "the channel is made here"}},
		SuggestedFixes: []analysis.SuggestedFix{{Message: "Give the channel room for one signal", TextEdits: []analysis.TextEdit{edit(m)}}},
	})
}

// edit gives the channel a buffer of one.
func edit(m *ast.CallExpr) analysis.TextEdit {
	if len(m.Args) == 2 {
		return analysis.TextEdit{Pos: m.Args[1].Pos(), End: m.Args[1].End(), NewText: []byte("1")}
	}
	end := m.Args[0].End()
	return analysis.TextEdit{Pos: end, End: token.NoPos, NewText: []byte(", 1")}
}
