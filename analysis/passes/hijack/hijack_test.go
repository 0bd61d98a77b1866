// SPDX-License-Identifier: Apache-2.0

package hijack_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/hijack"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), hijack.Analyzer, "a", "none", "told")
}
