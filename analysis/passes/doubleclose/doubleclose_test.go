// SPDX-License-Identifier: Apache-2.0

package doubleclose_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/doubleclose"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), doubleclose.Analyzer, "a", "turns", "once")
}
