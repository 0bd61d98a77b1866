// SPDX-License-Identifier: Apache-2.0

package lostcancel_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/lostcancel"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), lostcancel.Analyzer, "a")
}
