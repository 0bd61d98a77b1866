// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"net"
	"net/http"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// h06 is about the switch that is taken for a soft Shutdown.
func h06() claim.Claim {
	return claim.Claim{
		ID:   "H06",
		Told: "SetKeepAlivesEnabled(false) makes the server refuse new connections.",
		Trial: func(x *claim.Trial) {
			s := newSite(x, http.HandlerFunc(ok))
			idle := s.idle(x)
			s.SetKeepAlivesEnabled(false)
			x.Fact(idle.closed(), "It closes the idle connections at once, with the same loss as Shutdown (H05).")
			conn, err := net.Dial("tcp", s.addr)
			x.Told(err != nil, "a new connection is refused")
			if err != nil {
				return
			}
			c := newClient(conn)
			defer c.Close()
			c.send(request)
			answered, closing := c.answer()
			x.Told(!answered, "a request on a new connection is refused")
			x.Fact(answered && closing && c.closed(), "New connections are accepted, and the request on each is answered with `Connection: close`; then the server closes it.")
			keepAlivesInFlight(x)
			s.SetKeepAlivesEnabled(true)
			again := s.dial(x)
			again.send(request)
			answered, closing = again.answer()
			x.Fact(answered && !closing, "It can be undone: after SetKeepAlivesEnabled(true) connections are kept again.")
		},
		So:      "It tells clients to come back on a new connection, which is what you want while a load balancer looks away, but it cuts idle ones. To tell without cutting, set the header `Connection: close` on answers instead.",
		Covered: []string{"quiesce.HTTP"},
	}
}

func keepAlivesInFlight(x *claim.Trial) {
	h := newHeld(x)
	s := newSite(x, h)
	c, _ := inFlight(x, s, h)
	s.SetKeepAlivesEnabled(false)
	h.open()
	answered, closing := c.answer()
	x.Fact(answered && closing, "A request in flight whose answer has not begun gets that header too.")
}
