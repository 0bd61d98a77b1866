// SPDX-License-Identifier: Apache-2.0

package signalunread_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/signalunread"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), signalunread.Analyzer, "a", "generic")
}
