// SPDX-License-Identifier: Apache-2.0

// Package tickerstop defines an analyzer that reports tickers that are never stopped.
//
// # Analyzer tickerstop
//
// tickerstop: report tickers that outlive the function they are made in
//
// Before Go 1.23 a ticker that is not stopped is never collected, and goes on ticking:
// each call of the function leaves one more, with its share of the runtime's timers.
// From Go 1.23 on the collector takes a ticker that nobody holds any more, stopped or
// not (see https://go.dev/doc/go1.23#timer-changes), and modules that say "go 1.23" or
// later are not reported, but for a ticker in a field that nothing stops and that a loop
// without an end reads: the loop keeps it alive, with all that it uses. See also the
// check tickerloop.
//
// Wrong:
//
//	func wait(ready func() bool) {
//		ticker := time.NewTicker(time.Second)
//		for !ready() {
//			<-ticker.C
//		}
//	}
//
// Right:
//
//	func wait(ready func() bool) {
//		ticker := time.NewTicker(time.Second)
//		defer ticker.Stop()
//		for !ready() {
//			<-ticker.C
//		}
//	}
//
// Nor may a new ticker take the place of another in a loop before that is stopped.
//
// Not reported are tickers that are handed on, those of functions that do not return,
// and those of programs (package main) and of tests, which end with the process; so do
// those of functions that take signals, and of functions in packages of commands (cmd) that
// nothing calls in a loop, for a request, or for an object. Nor is one of which only the
// channel is kept, for loops that have no end.
//
// To switch it off for one line: //quiesce:ignore tickerstop reason
package tickerstop
