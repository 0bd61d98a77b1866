// SPDX-License-Identifier: Apache-2.0

package sigterm_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/sigterm"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), sigterm.Analyzer, "check", "server", "cli", "both", "every", "lib", "foreign", "cmd/sub", "remote/cmd/cache", "remote", "cmd/remote",
		"exits", "atexit", "handled", "host.org/me/prog", "host.org/me/tool", "host.org/me/worker", "host.org/me/worker/tool", "host.org/me/group", "host.org/me/groups")
}
