// SPDX-License-Identifier: Apache-2.0

// Package selectbreak defines an analyzer that reports a break that leaves only the
// select, where the loop around it was meant.
//
// # Analyzer selectbreak
//
// selectbreak: report a break that leaves only the select or switch, not the loop
//
// A break without a label ends the innermost for, switch or select (see
// https://go.dev/ref/spec#Break_statements). In a case that tells a loop to end, it does
// nothing: the loop comes back to the select, the closed channel is ready again, and the
// goroutine neither ends nor sleeps any more.
//
// Wrong:
//
//	for {
//		select {
//		case <-ctx.Done():
//			break
//		case v := <-in:
//			handle(v)
//		}
//	}
//
// Right:
//
//	for {
//		select {
//		case <-ctx.Done():
//			return
//		case v := <-in:
//			handle(v)
//		}
//	}
//
// Reported are cases of a context's end, of a channel of signals, of a channel that the
// package closes or that is named after an end (done, quit, stop), of a receive whose
// second result is false, and of io.EOF, in a loop that nothing after the select ends.
// Reported too is a default that is a break alone, in a select that only receives and is
// all that a counted loop does: the rounds that are left find nothing either.
// Not reported: a break in a case that is merely empty, such as that of a timer.
//
// To switch it off for one line: //quiesce:ignore selectbreak reason
package selectbreak
