// SPDX-License-Identifier: Apache-2.0

package stoplock_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/stoplock"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), stoplock.Analyzer, "a", "objects")
}
