// SPDX-License-Identifier: Apache-2.0

// Package rawsignal defines an analyzer that reports signals given by a number where
// they have a name.
//
// # Analyzer rawsignal
//
// rawsignal: report signals given by a number, which may be another signal on other systems
//
// Only some numbers are the same everywhere. 10 is SIGUSR1 on Linux and SIGBUS on macOS
// and the BSDs, 12 is SIGUSR2 or SIGSYS, 17 is SIGCHLD or SIGSTOP, 30 is SIGPWR or
// SIGUSR1 (signal(7), sys/signal.h). The names of package syscall are right for the
// system that the program is built for, and those such as SIGTERM are there on every
// system, Windows too.
//
// Wrong:
//
//	syscall.Kill(pid, 10)
//	signal.Notify(c, syscall.Signal(12))
//
// Right:
//
//	syscall.Kill(pid, syscall.SIGUSR1)
//	signal.Notify(c, syscall.SIGUSR2)
//
// Not reported: numbers that happen to be the same on these systems and have no name on
// Windows, 0 (which asks whether a process is there), real-time signals, which have no
// names, files for one operating system only, and tests.
//
// To switch it off for one line: //quiesce:ignore rawsignal reason
package rawsignal
