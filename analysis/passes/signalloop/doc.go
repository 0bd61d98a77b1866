// SPDX-License-Identifier: Apache-2.0

// Package signalloop defines an analyzer that reports loops that take a terminating
// signal and do nothing with it.
//
// # Analyzer signalloop
//
// signalloop: report signal loops that take SIGTERM or SIGINT and go on as before
//
// A signal that is registered no longer ends the program; the loop that receives it has
// to. One that only logs it, that has no case for it, or whose break leaves only the
// select, makes the program deaf: it goes on until it is killed.
//
// Wrong:
//
//	signal.Notify(c, syscall.SIGHUP, syscall.SIGTERM)
//	for {
//		select {
//		case <-c:
//			break // leaves the select, not the loop
//		case <-ticker.C:
//			work()
//		}
//	}
//
// Right:
//
//	case <-c:
//		return
//
// Reported are SIGTERM and SIGINT, if what the loop does with them is to log, to assign
// local variables, and to go on; and if it stops servers (Shutdown, GracefulStop, Stop) and
// goes on, in main or in what main waits for, by a call or by a group: nothing is served any
// more, and the program does not end. Not reported: a loop that calls anything else, closes
// or sends to a channel; a program that ends elsewhere, with os.Exit in a goroutine;
// whose other receives of the same signal are elsewhere; tests.
//
// To switch it off for one line: //quiesce:ignore signalloop reason
package signalloop
