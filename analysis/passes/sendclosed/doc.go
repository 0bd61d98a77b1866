// SPDX-License-Identifier: Apache-2.0

// Package sendclosed defines an analyzer that reports a send on a channel that is
// closed.
//
// # Analyzer sendclosed
//
// sendclosed: report a send on a channel that is, or may be, closed
//
// A send on a closed channel panics (see https://go.dev/ref/spec#Send_statements), also
// as a case of a select, and also if it waited when the channel was closed. So a receiver
// that closes the channel when it leaves takes the process down with the next result. A
// channel is closed by who sends, or when all who send have been waited for; a receiver
// that leaves closes a channel of its own.
//
// Wrong:
//
//	ch := make(chan result, 1)
//	defer close(ch)
//	go func() { ch <- query() }()
//	select {
//	case r := <-ch:
//		return r, nil
//	case <-ctx.Done():
//		return result{}, ctx.Err()
//	}
//
// Right: the same without the close. A channel need not be closed; what nobody holds any
// more is collected.
//
// Reported are a send after the close in the same function, the send of a goroutine that its
// receiver may have closed the channel of, the send of a goroutine of an object whose Close
// does not wait for it, that of an HTTP handler of such an object, that of a method whose
// receiver closes the channel when it ends, that to the channels of a map which Close closes
// all of, a send in a select with a stop channel, where the same function closes both, that of
// one goroutine on a channel that another one closes when it ends, be it when it is told to
// stop, as the first is, and that to the channels of a slice, each of which a goroutine closes
// that has it, and that of a method, on a channel which Close closes while the object is still
// registered with who calls the method. So are the send of a callback that is given to another
// package, on a channel which another such callback closes, and that on a channel taken out of
// a map under a lock, and sent to without it, where a function closes all of the map.
//
// Not reported: a sender that recovers or takes a lock, and a Close that waits, or that
// the sender itself calls.
//
// To switch it off for one line: //quiesce:ignore sendclosed reason
package sendclosed
