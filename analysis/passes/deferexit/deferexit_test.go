// SPDX-License-Identifier: Apache-2.0

package deferexit_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/deferexit"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), deferexit.Analyzer, "a")
}
