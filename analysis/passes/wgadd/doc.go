// SPDX-License-Identifier: Apache-2.0

// Package wgadd defines an analyzer that reports a WaitGroup.Add inside the goroutine
// that it counts.
//
// # Analyzer wgadd
//
// wgadd: report WaitGroup.Add inside of the goroutine that it counts
//
// "Calls with a positive delta that occur when the counter is zero must happen before a
// Wait" (sync.WaitGroup). A goroutine that adds itself may not have begun when Wait
// looks at the counter: Wait returns, the program stops, and the goroutine is cut off in
// the middle of its work. This is a race that tests rarely lose.
//
// The check of go vet looks at the first statement of a function literal; this one looks
// at each statement, and at named functions and methods that a go statement starts.
//
// Wrong:
//
//	go s.loop()
//
//	func (s *Server) loop() {
//		s.wg.Add(1)
//		defer s.wg.Done()
//		…
//	}
//
// Right:
//
//	s.wg.Add(1)
//	go s.loop()
//
//	func (s *Server) loop() {
//		defer s.wg.Done()
//		…
//	}
//
// Or, since Go 1.25, s.wg.Go(s.loop).
//
// Not reported are goroutines that are counted already when they add for others, or
// for a next round of themselves, WaitGroups of the goroutine's own, and those that
// nothing waits for in the package.
//
// To switch it off for one line: //quiesce:ignore wgadd reason
package wgadd
