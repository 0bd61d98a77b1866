// SPDX-License-Identifier: Apache-2.0

package unlockunheld_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/unlockunheld"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), unlockunheld.Analyzer, "a")
}
