// SPDX-License-Identifier: Apache-2.0

package code

import (
	"go/ast"
	"go/types"
	"go/version"

	"golang.org/x/tools/go/ast/inspector"
)

// TimersCollected is the first version of Go in which timers and tickers that nobody
// holds are collected: https://go.dev/doc/go1.23#timer-changes.
const TimersCollected = "go1.23"

// Before reports whether a node is in a file for an older Go than version, as the
// module or the file says. Where neither does, it is.
func Before(info *types.Info, at inspector.Cursor, v string) bool {
	for f := range at.Enclosing((*ast.File)(nil)) {
		is := info.FileVersions[f.Node().(*ast.File)]
		return is == "" || version.Compare(is, v) < 0
	}
	return true
}
