// SPDX-License-Identifier: Apache-2.0

// Package serverclosed defines an analyzer that reports programs that take the normal
// end of their HTTP server for a failure.
//
// # Analyzer serverclosed
//
// serverclosed: report http.ErrServerClosed treated as fatal
//
// As soon as Shutdown or Close is called, Serve and ListenAndServe of net/http return
// http.ErrServerClosed, "immediately" as the documentation says: Shutdown itself is
// still waiting for requests then. A program that ends on any error of ListenAndServe
// kills these requests, skips the rest of its clean-up, and exits with a status that
// says it has failed.
//
// Wrong:
//
//	go func() {
//		<-stop
//		srv.Shutdown(ctx)
//	}()
//	log.Fatal(srv.ListenAndServe())
//
// Right:
//
//	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
//		log.Fatal(err)
//	}
//	<-stopped // closed after Shutdown has returned
//
// It also reports a goroutine that writes the normal end to the log as a failure, at each
// stop. It does not report servers that the program does not stop, Serve of grpc, which
// returns nil after a stop, and functions that look at http.ErrServerClosed, unless that
// is in another branch, or for another server.
//
// To switch it off for one line: //quiesce:ignore serverclosed reason
package serverclosed
