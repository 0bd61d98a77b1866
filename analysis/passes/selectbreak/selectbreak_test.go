// SPDX-License-Identifier: Apache-2.0

package selectbreak_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/selectbreak"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), selectbreak.Analyzer, "a")
}
