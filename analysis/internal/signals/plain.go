// SPDX-License-Identifier: Apache-2.0

package signals

import (
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
)

// Plain returns a package of which only the functions are known, for questions about what
// they call: those of a package that has nothing to do with signals.
func Plain(pass *analysis.Pass) *Package {
	p := &Package{
		pass: pass, root: pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root(),
		decls: map[*types.Func]inspector.Cursor{},
	}
	for fn, decl := range p.Functions() {
		p.decls[fn] = decl
	}
	return p
}
