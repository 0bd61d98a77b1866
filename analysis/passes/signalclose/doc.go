// SPDX-License-Identifier: Apache-2.0

// Package signalclose defines an analyzer that reports channels that are closed while
// os/signal still sends to them.
//
// # Analyzer signalclose
//
// signalclose: report the close of a channel that signal.Notify still sends to
//
// Closing a channel does not unregister it. The next signal is sent to the closed
// channel: "panic: send on closed channel" in the goroutine of os/signal, which nobody
// can recover, with exit code 2 and no deferred function run. signal.Stop returns when no
// more is sent, and after it the channel may be closed.
//
// Wrong:
//
//	signal.Notify(c, syscall.SIGTERM)
//	defer close(c)
//
// Right:
//
//	signal.Notify(c, syscall.SIGTERM)
//	defer func() {
//		signal.Stop(c)
//		close(c)
//	}()
//
// Not reported: a channel that some other function stops (but a goroutine that
// waits for something first may come too late), and one that is closed after
// signal.Reset or Ignore in the same function.
//
// To switch it off for one line: //quiesce:ignore signalclose reason
package signalclose
