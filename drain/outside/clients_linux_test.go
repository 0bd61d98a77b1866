// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// A request that was written is answered, whoever sent it: instances are stopped
// while clients use them, which repeat nothing but a connect that was refused.
func TestOutsideClients(t *testing.T) {
	n := count(t, "QUIESCE_STOPS", 3)
	for _, c := range []struct {
		name  string
		start func(t *testing.T, addr string) load
		how   []rollout
	}{
		{"go", goLoad, []rollout{handover, restart}},
		{"curl", curlLoad, []rollout{handover, restart}},
		{"python", pythonLoad, []rollout{handover, restart}},
		{"node", nodeLoad, []rollout{handover, restart}},
		{"wrk", wrkLoad, []rollout{handover}},
	} {
		for _, how := range c.how {
			t.Run(c.name+"/"+how.name, func(t *testing.T) {
				config := how.config(t)
				first := config.start(t)
				l := c.start(t, config.addr)
				took := how.run(t, config, first, n)
				l.end(t).wantNoneLost(t, n)
				t.Logf("a stop took %v on average", took/time.Duration(n))
			})
		}
	}
}

func goLoad(t *testing.T, addr string) load {
	return startChild(t, quiescetest.Child(t, "client", "http://"+addr+"/"))
}

// pythonLoad: http.client keeps connections alive and repeats nothing.
func pythonLoad(t *testing.T, addr string) load {
	return script(t, addr, program(t, "python3"), "testdata/client.py")
}

// nodeLoad: so does Node's agent.
func nodeLoad(t *testing.T, addr string) load {
	return script(t, addr, program(t, "node", "nodejs"), "testdata/client.js")
}

func script(t *testing.T, addr string, args ...string) load {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return startChild(t, quiescetest.Command{Args: append(args, host, port, fmt.Sprint(answerSize))})
}
