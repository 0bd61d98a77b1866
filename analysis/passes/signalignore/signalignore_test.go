// SPDX-License-Identifier: Apache-2.0

package signalignore_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/signalignore"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), signalignore.Analyzer, "a", "program")
}
