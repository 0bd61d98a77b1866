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
