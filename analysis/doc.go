// SPDX-License-Identifier: Apache-2.0

// Package analysis finds lifecycle bugs in Go programs before they ship: signals that
// are lost, servers that nobody waits for, exits that skip clean-up, goroutines without
// an end.
//
// [Suite] has all checks. Each is an analyzer of its own, in a folder of passes, and can
// be used with any driver of golang.org/x/tools/go/analysis. "quiesce vet" runs them
// all, and "quiesce explain CHECK" prints the documentation of one.
//
// A finding is switched off with a comment on its line, or on the line above it:
//
//	//quiesce:ignore CHECK reason
//
// The reason is required, and a comment that switches nothing off is reported.
// Generated files are not reported on.
package analysis
