// SPDX-License-Identifier: Apache-2.0

// Package target runs the server under test as a process: it starts it or attaches to
// it, signals it, sees how and when it exits and what it leaves behind, and makes sure
// that nothing of it outlives the drill.
//
// # Guards
//
// A server that is started has two processes of ours above it, both this very program,
// started again by [Start] and caught by [Guard] before main does anything else:
//
//	drill ── keeper ── guard ── server ── whatever it starts
//
// The guard is the parent of the server and, as a child subreaper, adopts whatever the
// server's descendants leave behind; so what the server leaves is exactly what the guard
// still has below it, daemons that have forked twice in sessions of their own included.
// It tells the drill about the exit with the time at which it saw it, however busy the
// drill is. It kills all that is below it when it is asked to, and when the drill is
// gone, for whatever reason: it reads the end of its connection then. The keeper does
// nothing but the same for a guard that is gone. The two and the server are in sessions
// of their own, so that Ctrl-C in the terminal reaches the drill only.
//
// Only if drill, keeper and guard are all killed at the same moment may descendants of
// the server survive; the server itself does not even then.
//
// It needs Linux. Elsewhere every function says so.
package target

import "io"

// A Spec says which server to start, and how.
type Spec struct {
	// Argv is the program and its arguments; no shell is involved. A program without a
	// slash is looked up on the PATH of the drill; a relative one is relative to the
	// directory of the drill, not to Dir.
	Argv []string
	Dir  string   // where it runs; empty: where the drill does
	Env  []string // its environment, the last of the same name counts; nil: the drill's. PWD and TMPDIR are set

	// Output gets what it and its descendants write to their standard output and
	// standard error, from a goroutine, until Close. Nil discards it.
	Output io.Writer

	// Shell puts a shell between: sh -c '"$@"; exit $?' with Argv as its arguments. It
	// is then the shell that is signalled.
	Shell bool

	// Watch are directories in which files that the server makes and leaves count as
	// left behind, beside the directory that is made for it and is its TMPDIR.
	Watch []string
}
