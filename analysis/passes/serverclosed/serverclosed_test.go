// SPDX-License-Identifier: Apache-2.0

package serverclosed_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/serverclosed"
)

func Test(t *testing.T) {
	analysistest.RunWithSuggestedFixes(t, analysistest.TestData(), serverclosed.Analyzer, "a")
}

func TestThroughAnotherPackage(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), serverclosed.Analyzer, "b")
}

// TestOtherBranch has functions that look at http.ErrServerClosed for another call, and
// logs of what is none.
func TestOtherBranch(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), serverclosed.Analyzer, "c")
}
