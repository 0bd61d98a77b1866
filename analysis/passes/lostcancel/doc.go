// SPDX-License-Identifier: Apache-2.0

// Package lostcancel defines an analyzer that reports cancel functions that are lost
// where the check of go vet does not look.
//
// # Analyzer lostcancel
//
// lostcancel: report cancel functions that nothing can call any more
//
// "Failing to call the CancelFunc leaks the child and its children until the parent is
// canceled" (package context), with the goroutines that wait for it. go vet finds a
// cancel function of a local variable that is not used on each path. This check finds
// one that is kept in a field which nothing reads, one that is overwritten before it is
// called, and one that a helper returns and its caller drops; and one that a constructor
// puts into its object, and then returns an error in the place of that. It also finds a Done
// whose channel is dropped: whoever wrote that meant the cancel function.
//
// Wrong:
//
//	s.ctx, s.cancel = context.WithCancel(context.Background()) // nothing calls s.cancel
//
// Wrong:
//
//	ctx, cancel := context.WithCancel(parent)
//	ctx, cancel = context.WithTimeout(ctx, time.Second) // the first is lost
//	defer cancel()
//
// Wrong:
//
//	defer ctx.Done() // ends nothing
//
// Right:
//
//	func (s *Server) Stop() { s.cancel() }
//
// Reported are fields that are not exported, as other packages may read the others.
// Not reported is the stop function of signal.NotifyContext, and what tests lose.
//
// To switch it off for one line: //quiesce:ignore lostcancel reason
package lostcancel
