// SPDX-License-Identifier: Apache-2.0

package exitlibrary_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/exitlibrary"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), exitlibrary.Analyzer, "a", "a/cmd", "a/flags")
}
