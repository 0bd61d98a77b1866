// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"golang.org/x/tools/go/analysis"

	"github.com/go-quiesce/quiesce/analysis/passes/blockedsend"
	"github.com/go-quiesce/quiesce/analysis/passes/doubleclose"
	"github.com/go-quiesce/quiesce/analysis/passes/errgroupwait"
	"github.com/go-quiesce/quiesce/analysis/passes/goroutinestop"
	"github.com/go-quiesce/quiesce/analysis/passes/goroutinewait"
	"github.com/go-quiesce/quiesce/analysis/passes/selectbreak"
	"github.com/go-quiesce/quiesce/analysis/passes/sendclosed"
	"github.com/go-quiesce/quiesce/analysis/passes/timeafter"
	"github.com/go-quiesce/quiesce/analysis/passes/unlockunheld"
)

// checks returns the analyzers of all checks but ignore, by name.
func checks() []*analysis.Analyzer {
	return []*analysis.Analyzer{
		blockedsend.Analyzer,
		doubleclose.Analyzer,
		errgroupwait.Analyzer,
		goroutinestop.Analyzer,
		goroutinewait.Analyzer,
		selectbreak.Analyzer,
		sendclosed.Analyzer,
		timeafter.Analyzer,
		unlockunheld.Analyzer,
	}
}
