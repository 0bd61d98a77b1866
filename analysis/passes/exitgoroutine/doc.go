// SPDX-License-Identifier: Apache-2.0

// Package exitgoroutine defines an analyzer that reports exits of the process in a
// goroutine.
//
// # Analyzer exitgoroutine
//
// exitgoroutine: report exits in a goroutine that skip the program's own clean-up
//
// os.Exit and log.Fatal end the process from wherever they are called. In a goroutine
// they do it while main is in the middle of its work: what it has deferred, and what it
// does at its end, does not happen. A listener of metrics that cannot be opened cuts
// off the requests of the real server; a handler of signals that calls os.Exit leaves
// the pid file behind.
//
// Wrong:
//
//	defer os.Remove(pidFile)
//	go func() {
//		log.Fatal(http.ListenAndServe(metricsAddr, nil))
//	}()
//	<-ctx.Done()
//	srv.Shutdown(drain)
//
// Right:
//
//	failed := make(chan error, 1)
//	go func() {
//		failed <- http.ListenAndServe(metricsAddr, nil)
//	}()
//	select {
//	case <-ctx.Done():
//	case err = <-failed:
//	}
//	srv.Shutdown(drain)
//
// The clean-up is one with an effect outside of the process, or the stop of another part of
// the program; it may be in a function that calls the one with the go statement. The exit may
// be in a function that the goroutine calls.
//
// Reported as well is the failure of a server beside what main runs with a context that
// a signal ends, if it ends the process: what runs is then not stopped in order.
//
// So is an exit at a signal, in a goroutine that a method starts, if its object is one that
// is started and can be shut down (Shutdown, Stop, Close) and the goroutine does nothing
// with it before.
//
// Not reported is an exit after the goroutine's own clean-up, one that is forced by a
// second signal or a time limit, and the Fatal of the goroutine of the very server that
// would be shut down: if it cannot listen, it has no requests.
//
// To switch it off for one line: //quiesce:ignore exitgoroutine reason
package exitgoroutine
