// SPDX-License-Identifier: Apache-2.0

package shutdownbound_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/shutdownbound"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), shutdownbound.Analyzer, "a", "b", "output")
}
