// SPDX-License-Identifier: Apache-2.0

// Package shutdownwait defines an analyzer that reports a Shutdown that nobody waits
// for.
//
// # Analyzer shutdownwait
//
// shutdownwait: report Shutdown in a goroutine that nobody waits for
//
// ListenAndServe and Serve return as soon as Shutdown is called. Shutdown itself
// returns when the requests are done. "Make sure the program doesn't exit and waits
// instead for Shutdown to return", says the documentation of net/http: a program that
// shuts down in a goroutine and ends after ListenAndServe cuts off the very requests
// that Shutdown waits for. Serve of grpc waits for GracefulStop by itself.
//
// Wrong:
//
//	go func() {
//		<-stop
//		srv.Shutdown(ctx)
//	}()
//	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
//		return err
//	}
//	return nil
//
// Right:
//
//	stopped := make(chan struct{})
//	go func() {
//		defer close(stopped)
//		<-stop
//		srv.Shutdown(ctx)
//	}()
//	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
//		return err
//	}
//	<-stopped
//	return nil
//
// It also reports a goroutine that waits for a context, shuts a server down, and tells
// nobody when it is done, one that a method named Stop, Close or Shutdown leaves the
// Shutdown of a server to, and one that is started with the last steps of a function: in
// what it defers, or behind all that it waits for. It does not report goroutines that tell somebody (a channel, a
// WaitGroup, a cancel function, a callback) where nothing returns before, goroutines
// that end the process themselves, and servers for profiles and metrics.
//
// To switch it off for one line: //quiesce:ignore shutdownwait reason
package shutdownwait
