// SPDX-License-Identifier: Apache-2.0

package exits_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/internal/exits"
)

func TestFacts(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), exits.Analyzer, "a")
}
