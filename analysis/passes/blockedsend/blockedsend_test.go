// SPDX-License-Identifier: Apache-2.0

package blockedsend_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/blockedsend"
)

func Test(t *testing.T) {
	analysistest.RunWithSuggestedFixes(t, analysistest.TestData(), blockedsend.Analyzer, "a", "accept", "broadcast", "early", "given", "handed", "itself", "leaving", "kinds", "others", "sibling", "tested")
}
