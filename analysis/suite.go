// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"golang.org/x/tools/go/analysis"

	"github.com/go-quiesce/quiesce/analysis/passes/timeafter"
)

// Suite returns the analyzers of all checks, by name. The slice is the caller's.
func Suite() []*analysis.Analyzer {
	return []*analysis.Analyzer{
		timeafter.Analyzer,
	}
}
