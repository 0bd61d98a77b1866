// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"testing"
	"time"
)

// The clients see a loss where there is one: net/http's own Shutdown, in the
// same place. Chance decides how soon.
func TestOutsideClientsSeeLoss(t *testing.T) { everyClientSeesLoss(t, 0) }

func TestOutsideFarClientsSeeLoss(t *testing.T) { everyClientSeesLoss(t, farAway) }

func everyClientSeesLoss(t *testing.T, rtt time.Duration) {
	for _, c := range clients {
		for _, p := range c.speaks {
			if p.http2 || rtt > 0 && p.tls && !full() {
				continue // HTTP/2 declines; see the next test
			}
			t.Run(c.name+"/"+p.name, func(t *testing.T) {
				beside(t)
				for range 20 {
					if c.trial(t, p, handover, config{bare: true}, rtt, 5).Lost > 0 {
						return
					}
				}
				t.Error("nothing lost: this client would not notice")
			})
		}
	}
}

// With HTTP/2 the Shutdown of net/http declines what is on its way. Here no more
// is declined than there, in as many stops, of which a comparison takes many.
func TestOutsideFarClientsDeclined(t *testing.T) {
	n := count(t, "QUIESCE_STOPS", 2)
	for _, c := range clients {
		for _, p := range c.speaks {
			if !p.http2 || c.name == "curl fresh" { // one request on a connection
				continue
			}
			t.Run(c.name+"/"+p.name, func(t *testing.T) {
				beside(t)
				bare := c.trial(t, p, handover, config{bare: true}, farAway, n)
				ours := c.trial(t, p, handover, config{}, farAway, n)
				if bare.Declined == 0 {
					t.Error("net/http has declined nothing: this client would not notice")
				}
				if full() && ours.Declined > bare.Declined {
					t.Errorf("%d requests declined, and %d by net/http; want fewer", ours.Declined, bare.Declined)
				}
			})
		}
	}
}

// So does the client behind a proxy that still sends requests.
func TestOutsideProxiesSeeLoss(t *testing.T) {
	for name, start := range map[string]func(front, *testing.T){
		"nginx": front.nginx, "haproxy": front.haproxy,
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				f := newFront(t)
				f.app.bare, f.Reuse = true, "safe"
				s := f.roll(t, func(t *testing.T) { start(f, t) }, 2)
				if s.Lost > 0 {
					return
				}
			}
			t.Error("nothing lost: this test would not notice")
		})
	}
}
