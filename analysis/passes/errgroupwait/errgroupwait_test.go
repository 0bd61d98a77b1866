// SPDX-License-Identifier: Apache-2.0

package errgroupwait_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/errgroupwait"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), errgroupwait.Analyzer, "a")
}
