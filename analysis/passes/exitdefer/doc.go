// SPDX-License-Identifier: Apache-2.0

// Package exitdefer defines an analyzer that reports exits that skip clean-up.
//
// # Analyzer exitdefer
//
// exitdefer: report os.Exit and log.Fatal where a deferred clean-up is lost
//
// os.Exit ends the process at once: "deferred functions are not run" (its
// documentation). So do log.Fatal, the Fatal of zap, logrus, zerolog, klog and glog,
// and each function of the program that always ends in one of them. What is lost is
// what the process leaves outside of itself: a pid file or a temporary directory stays,
// a buffer or a profile is cut off, a child lives on, a terminal stays raw.
//
// Wrong:
//
//	func main() {
//		defer os.Remove(pidFile)
//		if err := serve(); err != nil {
//			log.Fatal(err) // the pid file stays
//		}
//	}
//
// Right:
//
//	func main() {
//		if err := run(); err != nil {
//			log.Fatal(err)
//		}
//	}
//
//	func run() error {
//		defer os.Remove(pidFile)
//		return serve()
//	}
//
// An exit in a function that is called while its caller has such a clean-up deferred is
// reported too, if both are in one package and it is not called all over the place; so is one
// in a function that such a one calls, and one in a function literal that is run on the spot.
// Deferred calls run last in, first out: an exit in a function that is deferred skips what
// was deferred before it.
// A deferred wait for goroutines counts, once one has been started. So does what follows in the
// stop of a program, where one part of it could not be stopped in time, and the exit leaves out
// the Stop or Shutdown of the next.
//
// Not reported is what dies with the process anyway: cancel functions, unlocked mutexes,
// stopped tickers, closed connections, response bodies and files (the kernel closes
// them, and a file of package os has no buffer), and connections to a database server.
// Nor is an exit reported before which the same clean-up is done by hand, nor the Sync
// of a zap logger without a BufferedWriteSyncer, which has written each entry already,
// nor the Fatal of a logger around its own Flush, which it does by itself, nor a function
// that calls a list of others before it exits: the clean-up may be one of these. A deferred
// call that always exits is left to deferexit.
//
// To switch it off for one line: //quiesce:ignore exitdefer reason
package exitdefer
