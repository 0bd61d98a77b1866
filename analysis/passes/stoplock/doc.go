// SPDX-License-Identifier: Apache-2.0

// Package stoplock defines an analyzer that reports stops that wait for goroutines while
// they hold the lock that these need.
//
// # Analyzer stoplock
//
// stoplock: report a wait for goroutines with a mutex locked that they lock
//
// A Stop that locks its mutex, tells its goroutine to end and waits for it hangs when
// the goroutine is just about to lock the same mutex: each waits for the other. It
// happens only under load, when there is work to do as the stop comes. Go.uber.org/fx
// (1220) and tailscale (17898) have had it.
//
// Wrong:
//
//	func (s *Server) Stop() {
//		s.mu.Lock()
//		defer s.mu.Unlock()
//		close(s.quit)
//		s.wg.Wait() // loop locks s.mu for each event
//	}
//
// Right:
//
//	func (s *Server) Stop() {
//		s.mu.Lock()
//		close(s.quit)
//		s.mu.Unlock()
//		s.wg.Wait()
//	}
//
// It looks at the goroutines that the package starts: the one that is waited for is the
// one that calls Done of the same WaitGroup, closes the same channel, or receives what is
// sent on a channel without a buffer. It may be that of another type, which knows the one
// with the mutex by a field, and is in a field of it in turn. The handlers of the same type
// count for Shutdown of net/http. Mutexes are those of sync, and types of other
// packages that are called so. It does not report waits that have another way out, and
// read locks on both sides.
//
// To switch it off for one line: //quiesce:ignore stoplock reason
package stoplock
