// SPDX-License-Identifier: Apache-2.0

package ignore_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/ignore"
	"github.com/go-quiesce/quiesce/analysis/passes/timeafter"
)

func Test(t *testing.T) {
	a := ignore.New([]string{"timeafter", "switchedoff"}, timeafter.Analyzer)
	analysistest.RunWithSuggestedFixes(t, analysistest.TestData(), a, "a")
	analysistest.Run(t, analysistest.TestData(), a, "generated")
}
