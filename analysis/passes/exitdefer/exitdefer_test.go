// SPDX-License-Identifier: Apache-2.0

package exitdefer_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/exitdefer"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), exitdefer.Analyzer, "a", "buffered", "host.org/me/prog/cmd/prog")
}
