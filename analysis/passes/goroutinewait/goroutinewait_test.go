// SPDX-License-Identifier: Apache-2.0

package goroutinewait_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/goroutinewait"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), goroutinewait.Analyzer, "a", "conns", "program", "results", "answers", "beside", "afterwait")
}
