// SPDX-License-Identifier: Apache-2.0

package secondsignal_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/secondsignal"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), secondsignal.Analyzer, "a", "program", "wrapper",
		"host.org/me/prog", "host.org/me/prog/serve", "host.org/me/prog/cmd/root", "host.org/me/prog/cmd/execute", "host.org/me/prog/cmd/quick", "host.org/me/prog/cmd/action", "host.org/me/prog/cmd/node")
}
