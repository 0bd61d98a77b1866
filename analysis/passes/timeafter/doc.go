// SPDX-License-Identifier: Apache-2.0

// Package timeafter defines an analyzer that reports time.After in a loop.
//
// # Analyzer timeafter
//
// timeafter: report time.After in a loop, where each turn leaves a timer behind
//
// Before Go 1.23 the timer of time.After lives until it fires, also if nobody waits for
// it any more. In a select of a loop whose other case comes often, timers pile up: at a
// thousand events a second and a minute's patience there are 60,000. From Go 1.23 on
// they are collected (see https://go.dev/doc/go1.23#timer-changes), and modules that
// say "go 1.23" or later are not reported.
//
// Wrong:
//
//	for {
//		select {
//		case v := <-events:
//			handle(v)
//		case <-time.After(time.Minute):
//			return errIdle
//		}
//	}
//
// Right:
//
//	idle := time.NewTimer(time.Minute)
//	defer idle.Stop()
//	for {
//		select {
//		case v := <-events:
//			handle(v)
//			idle.Reset(time.Minute)
//		case <-idle.C:
//			return errIdle
//		}
//	}
//
// A call whose channel nobody keeps is reported as well, wherever it is and whatever the
// version of Go: it was to be a pause, and is none.
//
// Not reported are a select whose other cases all leave the loop: there each timer is
// waited for, but the last; one after which the loop is left; one whose only other case
// is the end of a context; a constant of at most five seconds, or a variable that is one
// at first, which few timers outlive at a time; and tests.
//
// To switch it off for one line: //quiesce:ignore timeafter reason
package timeafter
