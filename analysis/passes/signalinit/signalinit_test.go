// SPDX-License-Identifier: Apache-2.0

package signalinit_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/signalinit"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), signalinit.Analyzer, "a", "program", "commands")
}
