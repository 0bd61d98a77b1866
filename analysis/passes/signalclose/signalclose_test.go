// SPDX-License-Identifier: Apache-2.0

package signalclose_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/signalclose"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), signalclose.Analyzer, "a")
}
