// SPDX-License-Identifier: Apache-2.0

package exitgoroutine_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/exitgoroutine"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), exitgoroutine.Analyzer, "a", "drain", "later", "nodrain", "parts", "unstopped")
}
