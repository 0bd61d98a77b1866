// SPDX-License-Identifier: Apache-2.0

package load

import "errors"

// A route is where new connections go.
type route struct {
	addr    string
	held    bool          // nowhere
	changed chan struct{} // closed when there is another
}

// errHeld is the end of an attempt to connect while there is no route.
var errHeld = errors.New("load: no connections are made now")

// Redirect makes new connections go to addr from now on. Those that are there stay.
func (s *Session) Redirect(addr string) { s.turn(route{addr: addr}) }

// Hold keeps new connections from being made from now on, until [Session.Redirect].
// A caller that needs one waits, and no attempt is counted: so a load balancer that
// has turned away from the only instance keeps its clients waiting. Callers that
// have a connection go on with it.
func (s *Session) Hold() {
	s.turn(route{addr: s.route.Load().addr, held: true})
}

func (s *Session) turn(to route) {
	to.changed = make(chan struct{})
	close(s.route.Swap(&to).changed)
}
