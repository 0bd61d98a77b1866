// SPDX-License-Identifier: Apache-2.0

// Package serveerror defines an analyzer that reports servers whose end the program does
// not notice.
//
// # Analyzer serveerror
//
// serveerror: report a server's error that is only logged while the process lives on
//
// ListenAndServe returns an error at once if its port is taken, and Serve does when its
// listener breaks. In a goroutine that writes a line to the log and ends, the program
// goes on without the server: it looks alive to its supervisor, nobody restarts it, and
// it serves no one.
//
// Wrong:
//
//	go func() {
//		if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
//			log.Print(err)
//		}
//	}()
//	<-stop
//
// Right:
//
//	failed := make(chan error, 1)
//	go func() { failed <- srv.ListenAndServe() }()
//	select {
//	case <-stop:
//	case err := <-failed:
//		return err
//	}
//
// An errgroup that has no context is the same: its Wait goes on waiting for the rest of
// the group. So does that of a WaitGroup which counts another server, also where the error
// has been received before, if nothing is closed then. So is a function that serves, logs
// the error, and then waits for a stop that nobody has asked for: on a channel, for ever,
// or with the method Wait of what could not serve. Servers for metrics count where they
// also listen: who looks after the program is blind without them. It does not report
// goroutines that do anything else when the server has ended (send, close, cancel, call a
// function of the program) than to set to nil what refers to it, servers for profiles, and
// servers that are one of many, started by a handler or in a loop, or that a listener for
// others has, on the one that it was given.
//
// To switch it off for one line: //quiesce:ignore serveerror reason
package serveerror
