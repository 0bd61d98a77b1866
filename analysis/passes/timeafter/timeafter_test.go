// SPDX-License-Identifier: Apache-2.0

package timeafter_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/timeafter"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), timeafter.Analyzer, "a", "old")
}
