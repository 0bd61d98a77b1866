// SPDX-License-Identifier: Apache-2.0

package outside

import "testing"

// The clients see a loss where there is one: net/http's own Shutdown, in the
// same place. Chance decides how soon.
func TestOutsideClientsSeeLoss(t *testing.T) {
	for name, start := range map[string]func(*testing.T, string) load{
		"go": goLoad, "curl": curlLoad, "python": pythonLoad, "node": nodeLoad, "wrk": wrkLoad,
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				if lossOfBare(t, start).Lost > 0 {
					return
				}
			}
			t.Error("nothing lost: this client would not notice")
		})
	}
}

// lossOfBare is what clients lose in a few stops.
func lossOfBare(t *testing.T, start func(*testing.T, string) load) tally {
	t.Helper()
	const stops = 5
	config := handover.config(t)
	config.bare = true
	first := config.start(t)
	l := start(t, config.addr)
	handover.run(t, config, first, stops)
	s := l.end(t)
	t.Logf("%d stops: %v", stops, s)
	return s
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
				t.Logf("4 stops: %v", s)
				if s.Lost > 0 {
					return
				}
			}
			t.Error("nothing lost: this test would not notice")
		})
	}
}
