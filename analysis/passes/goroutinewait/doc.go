// SPDX-License-Identifier: Apache-2.0

// Package goroutinewait defines an analyzer that reports a stop that does not wait for
// the goroutine it stops, and closes what that goroutine uses.
//
// # Analyzer goroutinewait
//
// goroutinewait: report a Close or Stop that does not wait for its goroutine, and needs to
//
// A closed channel or a cancelled context asks a goroutine to end; it has not ended when
// close or cancel returns. A Close that goes on to close the database or the file of the
// goroutine makes its last turn fail, or crash: bbolt, for one, unmaps its memory.
//
// Wrong:
//
//	func (s *store) Close() error {
//		close(s.quit)
//		return s.db.Close()
//	}
//
// Right:
//
//	func (s *store) Close() error {
//		close(s.quit)
//		<-s.done // closed by the goroutine as the last thing it does
//		return s.db.Close()
//	}
//
// The go statement is reported, of each goroutine that a method tells to end, and that
// uses what the method closes, itself or through other methods of the object.
//
// So is one that a function tells to end when it returns, with a deferred close or cancel of
// its own, and that uses what a defer of the function closes: the database, the file.
//
// Reported as well is a goroutine whose WaitGroup does not count it while it works: Done
// first instead of deferred, or the work in another goroutine within it; one that flushes
// or saves something when it hears of a stop that does not wait for it, or when its
// context ends, writes out what is left in its channel, or whole files now and then, and
// has no way to tell that it is done; one that prints or counts what comes from a channel,
// which its function closes and then returns; the handler of a connection that works on a
// database which is closed with the listener; and one that takes a signal,
// cancels a context, and only then cleans up, while the rest ends.
//
// A goroutine that collects what comes from a channel is reported where the results are read
// after the close of the channel, or after all who send are done, and the goroutine has no
// way to say that it has seen the last.
//
// A goroutine of an object that a deferred Stop is meant to end is reported where the defer
// takes the variable while that is nil: it gets its object only later.
//
// A goroutine that writes to a ResponseWriter is reported where the handler may return
// before it has said that it is done, as at a timeout.
//
// A goroutine that reads from the StdoutPipe or StderrPipe of a command is reported where
// its function calls Wait or Run, or has another goroutine do it, and does not wait for it:
// these close the pipe as soon as the command has ended, and what is not read by then is lost
// (os/exec says so).
//
// The goroutine that a server starts for each connection is reported where its stop closes
// the listener alone: a Close of a listener ends no connection, and what the server uses is
// stopped next. It is not where the goroutine counts something down, looks at a context, a
// channel or a flag, has a time limit, or one exchange only; where the connections are kept
// somewhere; in programs, which end then; and where it copies from one side to the other.
//
// So is one of an object whose stop waits for a WaitGroup that counts others of its
// goroutines, and not this one, where it goes on in a loop, or serves a connection, with
// methods of the object, or where the stop then closes what it uses.
//
// Not reported: connections and listeners, whose Close is what ends the goroutine; a
// goroutine that counts down a group, closes or sends on a channel, where the method waits
// for something; what the goroutine uses under a lock, where the method takes one, too.
//
// To switch it off for one line: //quiesce:ignore goroutinewait reason
package goroutinewait
