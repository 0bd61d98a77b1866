// SPDX-License-Identifier: Apache-2.0

package tickerloop_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/tickerloop"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), tickerloop.Analyzer, "a", "prog")
}
