// SPDX-License-Identifier: Apache-2.0

package pkglisten_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/pkglisten"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), pkglisten.Analyzer, "a", "only", "web", "host.org/me/prog")
}
