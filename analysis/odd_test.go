// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"testing"

	goanalysis "golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis"
)

// TestOddCode runs all checks on code that nobody writes: none of them may go wrong. The error
// names those that do; "quiesce vet" shows how.
func TestOddCode(t *testing.T) {
	all := &goanalysis.Analyzer{
		Name: "all", Doc: "wait for all checks", Requires: analysis.Suite(),
		Run: func(*goanalysis.Pass) (any, error) { return nil, nil },
	}
	if results := analysistest.Run(t, analysistest.TestData(), all, "odd"); len(results) != 1 {
		t.Errorf("%d packages, want one", len(results))
	}
}
