// SPDX-License-Identifier: Apache-2.0

// Package deferexit defines an analyzer that reports defer statements that an exit
// makes pointless.
//
// # Analyzer deferexit
//
// deferexit: report clean-up that is deferred too late, or behind a deferred exit
//
// A defer statement only counts from where it is reached. After a call that always ends
// the process, or after a loop without an end, it never is. And deferred calls run last
// in, first out: one that exits ends the process before those that were deferred
// earlier.
//
// Wrong:
//
//	log.Fatal(http.ListenAndServe(addr, nil))
//	defer db.Close() // never reached
//
// Wrong:
//
//	defer os.Remove(pidFile) // would run after os.Exit
//	defer os.Exit(code)
//
// Right:
//
//	defer db.Close()
//	return http.ListenAndServe(addr, nil)
//
// Not reported is a deferred exit behind which nothing is lost outside of the process. An
// exit in a function literal that is deferred is left to exitdefer.
//
// To switch it off for one line: //quiesce:ignore deferexit reason
package deferexit
