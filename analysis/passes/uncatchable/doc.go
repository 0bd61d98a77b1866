// SPDX-License-Identifier: Apache-2.0

// Package uncatchable defines an analyzer that reports attempts to take SIGKILL or
// SIGSTOP.
//
// # Analyzer uncatchable
//
// uncatchable: report SIGKILL and SIGSTOP given to signal.Notify, NotifyContext or Ignore
//
// No program can take these two (signal(7)). os/signal says nothing: the call is made,
// nothing ever arrives, and SIGKILL kills. Where os.Kill stands beside os.Interrupt the
// signal that was meant is as a rule SIGTERM, which is what stops a service, and which
// then kills the program without any clean-up.
//
// Signals are followed through variables and slices. Tests are not reported: some try just
// this.
//
// Wrong:
//
//	signal.Notify(c, os.Interrupt, os.Kill)
//
// Right:
//
//	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
//
// To switch it off for one line: //quiesce:ignore uncatchable reason
package uncatchable
