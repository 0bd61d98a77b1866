// SPDX-License-Identifier: Apache-2.0

// Package blockedsend defines an analyzer that reports the send of a result that nobody
// may wait for any more.
//
// # Analyzer blockedsend
//
// blockedsend: report a goroutine that sends its result to a receiver that may have left
//
// A send on a channel without a buffer waits for a receiver (see
// https://go.dev/ref/spec#Send_statements). Where the receiver also waits for a timeout
// or a context, or returns early, the goroutine that comes later waits for ever, with all
// that it holds. One place in the buffer for each send lets it end.
//
// Wrong:
//
//	ch := make(chan result)
//	go func() { ch <- query() }()
//	select {
//	case r := <-ch:
//		return r, nil
//	case <-ctx.Done():
//		return result{}, ctx.Err()
//	}
//
// Right:
//
//	ch := make(chan result, 1)
//
// Reported as well: sends of several goroutines of which one is received, and the others do
// not all find room; a send to a goroutine that alone receives and ends with its context, by
// one that does not look at a context; a send by the only receiver itself; a send on a channel
// that has just been made and nobody else has; one that forwards to a channel that the
// function returns, and looks for the stop only before it; one on a channel that the function
// returns to others of the package, which leave at a stop or an error, or drop it; one, in a
// loop, of work for goroutines that all return at the first error, or to one that does so and
// tells nobody, with or without a buffer, and without one also by a method of its object that
// others call; one, of a goroutine or a method, whose receivers, wherever in the package they
// are, all leave with a context or at a time limit, or look at the channel once in passing;
// one of values of a type that no other package can name, where all that receive such values
// leave at a stop, however the channel came to them; one in a loop that looks for the stop at
// another send on the same channel, with or without a buffer; the answer to a call that waits
// for it with such a limit, through a map or an object; one, to each of a list of receivers,
// that holds the lock which a receiver needs to get off the list; and one that a loop does
// itself, or by a method that others call as well, on the channel that it alone receives from.
// A receive that "ok = ok && <-ch" skips is one that leaves. So is that of a loop or method to
// which a Stop sends, and which may have returned at an error before. And so is the Accept of
// a listener, to which a goroutine that a WaitGroup counts hands connections over: a server
// that has stopped does not call it any more. A send is reported, too, where all others on the
// same channel, in whatever function, look for a stop, and one to other packages, by the loop
// of an object that looks for a stop where it waits only.
//
// Not reported: a send in a select that has another case, a function that receives
// later or in a defer, the main function of a program, channels that are given away, the
// error of a server other than http.ErrServerClosed, and a method that sends to a loop which
// only the stop of its own object ends: nobody is to call it after that.
//
// A channel that is given to a function, of this or another package, is followed: where all
// that receives from it leaves its loop at an error of its own, sends in a loop, or after
// another one, are reported, unless there is room for all; a function that takes the rest, or
// goes on until the channel is closed, does no harm. In the same way the channel that a method
// returns is followed to who calls the method by an interface, where that is declared and called.
//
// To switch it off for one line: //quiesce:ignore blockedsend reason
package blockedsend
