// SPDX-License-Identifier: Apache-2.0

package chans_test

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
)

// describe reports each group at its first variable, as the tests want it.
var describe = &analysis.Analyzer{
	Name: "describe", Doc: "describe the channels of a package", Requires: []*analysis.Analyzer{chans.Analyzer},
	Run: func(pass *analysis.Pass) (any, error) {
		info := pass.ResultOf[chans.Analyzer].(*chans.Info)
		for _, g := range info.Groups() {
			first := slices.MinFunc(g.Vars, func(a, b *types.Var) int { return int(a.Pos() - b.Pos()) })
			pass.Reportf(first.Pos(), "%s", text(pass, g))
		}
		for _, s := range info.Funcs.Starts {
			_, literal := s.Body.Node().(*ast.FuncLit)
			pass.Reportf(s.Go.Node().Pos(), "starts, literal %v", literal)
		}
		return nil, nil
	},
}

func text(pass *analysis.Pass, g *chans.Group) string {
	var out []string
	for kind, name := range []string{"make", "origin", "escape", "close", "send", "receive"} {
		if n := len(g.Of(chans.Kind(kind))); n > 0 {
			out = append(out, fmt.Sprintf("%s %d", name, n))
		}
	}
	if g.Private(pass.Pkg) {
		out = append(out, "private")
	}
	if g.Unbuffered(pass.TypesInfo) {
		out = append(out, "unbuffered")
	}
	return strings.Join(out, ", ")
}

func TestUses(t *testing.T) { analysistest.Run(t, analysistest.TestData(), describe, "a") }
