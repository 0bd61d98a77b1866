// SPDX-License-Identifier: Apache-2.0

package shutdownwait_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/shutdownwait"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), shutdownwait.Analyzer, "a", "b")
}
