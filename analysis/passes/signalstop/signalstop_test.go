// SPDX-License-Identifier: Apache-2.0

package signalstop_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/signalstop"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), signalstop.Analyzer, "a", "program", "cli/sub")
}
