// SPDX-License-Identifier: Apache-2.0

package quiesce

import "github.com/go-quiesce/quiesce/drain"

// Conns is the component that serves a protocol of one's own over TCP or Unix
// sockets and, in a stop, breaks off no connection before the deadline of its
// drain. [drain.Conns.Drain] says how, step by step.
//
//	app.Add("smtp", quiesce.Conns(drain.Protocol{Addr: ":25", Serve: session}))
//
// Start binds the address, so that a busy one fails the start; so does a mistake
// in p or the options. Run accepts. Drain, which the app calls after the readiness
// delay, tells peers to leave, at a pace, and returns when the last connection is
// closed. If its context ends first it returns a *[drain.OverrunError], which names
// the peers. It does not close their connections: Force and Stop do.
//
// Connections inherit the values of Run's context, not its end.
func Conns(p drain.Protocol, options ...drain.Option) Component {
	s := drain.NewConns(p, append([]drain.Option{drain.WithCause(StopCause)}, options...)...)
	return serving(s)
}
