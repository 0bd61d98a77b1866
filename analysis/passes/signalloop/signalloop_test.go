// SPDX-License-Identifier: Apache-2.0

package signalloop_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/signalloop"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), signalloop.Analyzer, "a", "program")
}
