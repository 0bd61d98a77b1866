// SPDX-License-Identifier: Apache-2.0

package goroutinestop_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/goroutinestop"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), goroutinestop.Analyzer, "a", "m", "left", "ended", "lib", "owner", "holder", "peer", "feed", "ctor", "uncalled")
}
