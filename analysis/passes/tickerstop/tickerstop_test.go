// SPDX-License-Identifier: Apache-2.0

package tickerstop_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/tickerstop"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), tickerstop.Analyzer, "a", "old", "host.org/me/prog/cmd/prog/update")
}
