// SPDX-License-Identifier: Apache-2.0

package nostop_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/go-quiesce/quiesce/analysis/passes/nostop"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), nostop.Analyzer, "host.org/me/keeps", "host.org/me/keeps/web", "a", "prog/cmd", "stateless", "stops", "signals/cmd", "cobra", "login", "group", "batch", "exposed",
		"github.com/o/p/cmd/serve", "github.com/o/p/cmd/p", "github.com/o/p/cmd/proxy", "github.com/o/p/cmd/door", "github.com/o/p/cmd/doors", "github.com/o/p/cmd/shared", "github.com/o/p/cmd/session", "github.com/o/hup", "github.com/o/accept", "github.com/o/p/cmd/web", "github.com/o/p/cmd/webs", "github.com/o/signalled", "github.com/o/told", "github.com/o/p/cmd/frps", "github.com/o/p/cmd/client", "github.com/o/server/several", "github.com/o/server/hooked", "github.com/o/tool/cmd/ui", "github.com/o/leftout", "mains")
}
