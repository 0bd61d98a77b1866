// SPDX-License-Identifier: Apache-2.0

// Package hijack defines an analyzer that reports hijacked connections that a graceful
// stop forgets.
//
// # Analyzer hijack
//
// hijack: report hijacked connections that nobody tracks
//
// "Shutdown does not attempt to close nor wait for hijacked connections such as
// WebSockets", says the documentation of net/http: "the caller of Shutdown should
// separately notify such long-lived connections of shutdown and wait for them to close".
// The context of a request does not end for them either. What nobody keeps a list of
// cannot be told: its peers see the connection break when the process ends.
//
// Wrong:
//
//	func (s *server) live(w http.ResponseWriter, r *http.Request) {
//		conn, err := s.upgrader.Upgrade(w, r, nil)
//		...
//		for {
//			conn.WriteMessage(websocket.TextMessage, s.next())
//		}
//	}
//
// Right:
//
//	s.http.RegisterOnShutdown(s.closeConns) // closes what add has kept
//	...
//	conn, err := s.upgrader.Upgrade(w, r, nil)
//	...
//	s.add(conn)
//	defer s.remove(conn)
//
// It reports only connections that do not leave the handler and the functions it calls, or
// a variable of it that holds them in a struct, which copy or loop and do not wait for
// anything that a stop could end: the context of the request, a clock, and a channel that
// nobody else knows are no such thing. It reports no package that uses RegisterOnShutdown.
//
// To switch it off for one line: //quiesce:ignore hijack reason
package hijack
