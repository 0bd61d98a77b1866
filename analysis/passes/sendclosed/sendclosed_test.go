// SPDX-License-Identifier: Apache-2.0

package sendclosed_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/sendclosed"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), sendclosed.Analyzer, "a", "callback", "calledback", "lookedup", "orphans")
}
