// SPDX-License-Identifier: Apache-2.0

// Package signalinit defines an analyzer that reports libraries that take signals
// unasked.
//
// # Analyzer signalinit
//
// signalinit: report packages that take signals in init, and libraries that do in a constructor
//
// A signal belongs to the program. As long as anybody has registered SIGTERM or SIGINT
// its default action is off, so a package that does it in init, or in New, stops Ctrl-C
// from working in each program that imports it, also in its tools and tests: see
// tendermint#2260, cosmos/ibc#1257 and bugsnag-go#249. The program cannot undo it without
// signal.Reset, which takes the signal from everyone.
//
// Wrong:
//
//	func init() {
//		signal.Notify(c, syscall.SIGTERM)
//	}
//
// Right:
//
//	// HandleSignals closes the server on SIGTERM, until ctx ends.
//	func (s *Server) HandleSignals(ctx context.Context) {
//		c := make(chan os.Signal, 1)
//		signal.Notify(c, syscall.SIGTERM)
//		defer signal.Stop(c)
//
// A program with several commands (by its library for command lines) does the same to
// itself when its package main registers before main, in init or for a package variable:
// commands that need no clean-up cannot be ended any more in the usual way, nor can tests.
//
// Not reported: package main of other programs, and what it ignores; constructors in
// packages of commands; tests; a constructor whose name, package or comment speaks of
// signals, or that asks something first; signals that do not end a program, in a
// constructor or in package main.
//
// To switch it off for one line: //quiesce:ignore signalinit reason
package signalinit
