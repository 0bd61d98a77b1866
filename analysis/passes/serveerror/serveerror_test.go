// SPDX-License-Identifier: Apache-2.0

package serveerror_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/serveerror"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), serveerror.Analyzer, "a", "examples/a", "host.org/me/shapes")
}
