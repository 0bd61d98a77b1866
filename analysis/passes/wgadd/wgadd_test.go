// SPDX-License-Identifier: Apache-2.0

package wgadd_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/wgadd"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), wgadd.Analyzer, "a")
}
