// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"golang.org/x/tools/go/analysis"

	"github.com/go-quiesce/quiesce/analysis/passes/doubleclose"
	"github.com/go-quiesce/quiesce/analysis/passes/timeafter"
	"github.com/go-quiesce/quiesce/analysis/passes/unlockunheld"
)

// checks returns the analyzers of all checks but ignore, by name.
func checks() []*analysis.Analyzer {
	return []*analysis.Analyzer{
		doubleclose.Analyzer,
		timeafter.Analyzer,
		unlockunheld.Analyzer,
	}
}
