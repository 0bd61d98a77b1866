// SPDX-License-Identifier: Apache-2.0

package blockingcall_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/blockingcall"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), blockingcall.Analyzer, "a", "integration/a", "cmd/a", "files", "files/drivers", "daemon", "serverdb", "remote", "remotelimited", "handlers", "unknown", "accept", "accept/local", "accept/limited", "own.example/app", "own.example/app/store", "own.example/app/ask", "libs", "libs/resty", "libs/restylimited", "plain", "reads", "endless", "plugins", "sdk", "sdklimited")
}
