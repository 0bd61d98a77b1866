// SPDX-License-Identifier: Apache-2.0

package signalbuffer_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/signalbuffer"
)

func Test(t *testing.T) {
	analysistest.RunWithSuggestedFixes(t, analysistest.TestData(), signalbuffer.Analyzer, "a", "b")
}
