// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// A client is a program that loads a site.
type client struct {
	name   string
	start  func(*testing.T, site) load
	speaks []protocol
	how    []rollout
	vague  bool // of HTTP/2 it does not tell what was written; see tap
}

var (
	bothWays = []rollout{handover, restart}

	clients = []client{
		{"go", goLoad, []protocol{http1, http1TLS, http2, http2TLS}, bothWays, false},
		{"curl", curlLoad, []protocol{http1, http1TLS, http2TLS}, bothWays, true},
		{"curl upgrade", curlUpgradeLoad, []protocol{http1}, bothWays, false},
		{"curl parallel", curlParallelLoad, []protocol{http2TLS}, bothWays, true},
		{"curl fresh", curlFreshLoad, []protocol{http2}, bothWays, true},
		{"python", pythonLoad, []protocol{http1, http1TLS}, bothWays, false},
		{"node", nodeLoad, []protocol{http1, http1TLS, http2, http2TLS}, bothWays, false},
		{"wrk", wrkLoad, []protocol{http1, http1TLS}, []rollout{handover}, false},
		{"h2load", h2loadLoad, []protocol{http2, http2TLS}, bothWays, true},
	}
)

// A request that was written is answered, whoever sent it: instances are stopped
// while clients use them, which repeat nothing but a connect that was refused.
func TestOutsideClients(t *testing.T) {
	n := count(t, "QUIESCE_STOPS", 1)
	everyClient(t, 0, n, 0)
}

// So it is, but for one in twenty stops, if the clients are far away.
func TestOutsideFarClients(t *testing.T) {
	n := count(t, "QUIESCE_STOPS", 1)
	everyClient(t, farAway, n, (n+19)/20)
}

// everyClient stops instances n times under each client, and allows it to lose
// so many requests.
func everyClient(t *testing.T, rtt time.Duration, n, most int) {
	for _, c := range clients {
		for _, p := range c.speaks {
			for _, how := range c.how {
				if rtt > 0 && !how.early && !full() {
					continue
				}
				t.Run(c.name+"/"+p.name+"/"+how.name, func(t *testing.T) {
					beside(t)
					c.trial(t, p, how, config{}, rtt, n).wantLost(t, n, most)
				})
			}
		}
	}
}

// trial stops instances of the app n times under load, and returns what the
// client counted.
func (c client) trial(t *testing.T, p protocol, how rollout, app config, rtt time.Duration, n int) tally {
	t.Helper()
	app, s := p.at(t, c, how, app, rtt)
	first := app.start(t)
	l := c.start(t, s)
	took := how.run(t, app, first, n)
	sum := c.sum(t, s, l)
	t.Logf("%d stops, %v each: %v", n, took/time.Duration(n), sum)
	if !app.bare && len(sum.why) > 0 {
		t.Logf("the first:\n%s", sum.why[0])
	}
	return sum
}

// sum ends a load and returns what it counted: where there is a tap, with what
// that says of requests that the client wrote and the server declined, and, of a
// vague client, of those that were lost.
func (c client) sum(t *testing.T, at site, l load) tally {
	t.Helper()
	s := l.end(t)
	if at.tap == nil {
		return s
	}
	wire := at.tap.sum()
	t.Logf("the client says: %v", s)
	s.Declined = wire.Declined
	if c.vague {
		s.Sent, s.Lost, s.why = wire.Sent, 0, nil
	}
	s.Lost = max(s.Lost, wire.Lost)
	s.why = append(s.why, wire.why...)
	return s
}

func goLoad(t *testing.T, s site) load {
	return startChild(t, quiescetest.Child(t, "client", fmt.Sprint("-http2=", s.http2), "-roots="+s.roots, s.url()))
}

// pythonLoad: http.client keeps connections alive and repeats nothing.
func pythonLoad(t *testing.T, s site) load {
	return script(t, s, program(t, "python3"), "testdata/client.py")
}

// nodeLoad: so do Node's agent, and its HTTP/2.
func nodeLoad(t *testing.T, s site) load {
	name := "testdata/client.js"
	if s.http2 {
		name = "testdata/client2.js"
	}
	return script(t, s, program(t, "node", "nodejs"), name)
}

func script(t *testing.T, s site, args ...string) load {
	t.Helper()
	return startChild(t, quiescetest.Command{Args: append(args, s.args(t)...)})
}
