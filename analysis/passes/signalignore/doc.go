// SPDX-License-Identifier: Apache-2.0

// Package signalignore defines an analyzer that reports signals that are ignored or
// reset although they are needed.
//
// # Analyzer signalignore
//
// signalignore: report signal.Ignore and signal.Reset of signals that are needed
//
// Reported is what takes a signal from a program that needs it:
//
// signal.Ignore of SIGTERM, or without a list, which is all signals. Whoever stops the
// program waits for the whole grace period and kills it.
//
// signal.Ignore of SIGCHLD. The kernel then reaps children itself, and Wait of os/exec
// fails with "waitid: no child processes" (wait(2)).
//
// signal.Reset after signal.Ignore of the same signal, to undo it. It does not: Reset
// undoes Notify, and the signal stays ignored, also in the programs that are started
// from then on. Notify followed by Stop does undo it.
//
// signal.Reset of SIGINT or SIGTERM in a library. It takes them from every channel of the
// process, also from those of the program; signal.Stop takes only one's own.
//
// Wrong:
//
//	signal.Ignore(syscall.SIGHUP)
//	defer signal.Reset(syscall.SIGHUP)
//
// Right:
//
//	c := make(chan os.Signal, 1)
//	signal.Notify(c, syscall.SIGHUP)
//	defer signal.Stop(c)
//
// Not reported: SIGINT alone, which programs that run a child in the same terminal rightly
// ignore; SIGHUP, SIGPIPE and others; a Reset of the signals of job control; a Reset in a command, which gives the next signal
// its default action; tests.
//
// To switch it off for one line: //quiesce:ignore signalignore reason
package signalignore
