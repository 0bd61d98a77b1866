// SPDX-License-Identifier: Apache-2.0

package cancelledctx_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/cancelledctx"
)

func Test(t *testing.T) {
	analysistest.RunWithSuggestedFixes(t, analysistest.TestData(), cancelledctx.Analyzer, "a", "dot")
}
