// SPDX-License-Identifier: Apache-2.0

// Package signalstop defines an analyzer that reports channels that stay registered.
//
// # Analyzer signalstop
//
// signalstop: report signal.Notify without signal.Stop in what returns before the program ends
//
// A channel stays registered until signal.Stop, also if nobody receives from it any more.
// Until then the default action of its signals is off: after the function has returned
// Ctrl-C and SIGTERM do nothing. os/signal keeps the channel, too, so that each call of
// the function leaves one behind.
//
// Wrong:
//
//	func (s *Server) Run(ctx context.Context) error {
//		c := make(chan os.Signal, 1)
//		signal.Notify(c, syscall.SIGTERM)
//		select {
//		case <-c:
//		case <-ctx.Done():
//		}
//		return s.close()
//	}
//
// Right:
//
//	signal.Notify(c, syscall.SIGTERM)
//	defer signal.Stop(c)
//
// Reported are a select that may go on without a signal, a goroutine, and a constructor;
// in package main only a loop that makes a channel each time. Not reported: a receive
// that only a signal can end, and one in a goroutine of what serves, runs, or is there to
// take signals; a receiver that exits the program, unless another case of its select
// returns, or goes on for ever; a channel that is given to other packages, or came from
// there; signals that do not end a program, but for constructors and goroutines that each
// object has; tests.
//
// To switch it off for one line: //quiesce:ignore signalstop reason
package signalstop
