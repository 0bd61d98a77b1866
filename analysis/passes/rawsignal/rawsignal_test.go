// SPDX-License-Identifier: Apache-2.0

package rawsignal_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/rawsignal"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), rawsignal.Analyzer, "a")
}
