// SPDX-License-Identifier: Apache-2.0

package uncatchable_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/uncatchable"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), uncatchable.Analyzer, "a")
}
