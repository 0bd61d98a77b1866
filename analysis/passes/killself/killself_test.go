// SPDX-License-Identifier: Apache-2.0

package killself_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/killself"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), killself.Analyzer, "a", "guarded")
}
