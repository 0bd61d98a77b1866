// SPDX-License-Identifier: Apache-2.0

// Package signalunread defines an analyzer that reports registered channels that nobody
// receives from.
//
// # Analyzer signalunread
//
// signalunread: report channels given to signal.Notify that nobody receives from
//
// As long as one channel is registered for a signal its default action is off. If nobody
// receives, SIGTERM and Ctrl-C have no effect at all, and whoever stops the program waits
// for the whole grace period and kills it.
//
// Wrong:
//
//	c := make(chan os.Signal, 1)
//	signal.Notify(c, syscall.SIGTERM)
//	srv.ListenAndServe()
//
// Right:
//
//	c := make(chan os.Signal, 1)
//	signal.Notify(c, syscall.SIGTERM)
//	go srv.ListenAndServe()
//	<-c
//
// Not reported: channels without a name, which are there to swallow a signal; functions
// that wait for a child, which gets the signals of the terminal itself; signals that do
// not end a program; channels that other packages can receive from.
//
// To switch it off for one line: //quiesce:ignore signalunread reason
package signalunread
