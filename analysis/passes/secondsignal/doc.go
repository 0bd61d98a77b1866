// SPDX-License-Identifier: Apache-2.0

// Package secondsignal defines an analyzer that reports stops that nothing but SIGKILL
// can cut short.
//
// # Analyzer secondsignal
//
// secondsignal: report a second signal that has no effect while an unbounded stop runs
//
// Whoever presses Ctrl-C twice wants out. After the first signal the program stops, and
// waits for something without a bound: a request that does not end, a worker that hangs.
// The channel stays registered and nobody receives from it any more, so each further
// SIGINT and SIGTERM is dropped. signal.NotifyContext is the same until its stop is called,
// and "defer stop()" calls it only when all is over.
//
// Wrong:
//
//	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
//	defer stop()
//	<-ctx.Done()
//	srv.Shutdown(context.Background())
//
// Right:
//
//	<-ctx.Done()
//	stop() // the next signal kills
//	srv.Shutdown(context.Background())
//
// Reported is the registration, if what follows the only receive waits without a bound: a
// Shutdown or Stop with a context that never ends, grpc.Server.GracefulStop, or
// WaitGroup.Wait without any time limit near it, in the function or in one that it calls; or
// one of the first two where the function has deferred it; or a list of functions that others
// have registered for the end of the program, of which nobody knows how long they take; or the
// end of a child, to which the signal is passed on.
// A context that the signal ends is followed for this through the packages of the program,
// also where the command line of cobra or cli is executed with it, or an actor of oklog's
// run.Group receives. So is a goroutine that takes one signal, cancels a context, and is
// gone, if the context is that of package main, or if something follows that is given one
// without an end.
// Not reported: a second receive; a call of signal.Stop, Reset or Notify before the wait;
// a goroutine or timer that exits; a Shutdown of net/http in a goroutine that tells nobody
// when it is over; a channel that other packages have; tests.
//
// To switch it off for one line: //quiesce:ignore secondsignal reason
package secondsignal
