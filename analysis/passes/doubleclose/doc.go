// SPDX-License-Identifier: Apache-2.0

// Package doubleclose defines an analyzer that reports a channel that is closed twice.
//
// # Analyzer doubleclose
//
// doubleclose: report a channel that the program closes twice
//
// Closing a closed channel panics (see https://go.dev/ref/spec#Close). Most of these
// panics come while a program stops, when nobody looks: the deferred close after an
// explicit one, two goroutines that both close when they end, a Stop called by hand and
// by a defer. A select with a default before the close does not help when two
// goroutines do it at the same time: both may find the channel open.
//
// Wrong:
//
//	func (c *conn) start() {
//		go c.read()  // each ends with close(c.done)
//		go c.write()
//	}
//
// Right:
//
//	func (c *conn) finish() { c.once.Do(func() { close(c.done) }) }
//
// Reported as well: a method that closes in any case, and that a goroutine of the object
// calls when it fails, where whoever stops the object calls it, too; the close of a
// channel that another one is to close, and is late with; a close, or a call of a method that
// closes, in a loop that goes on after it, where the next signal, tick, or the end of a
// context that is there already leads to it again; one by a handler of HTTP requests, with
// each request; one of a parameter, by a function that its caller calls again with the
// same channel after an error; and one by a method that closes another channel of its object
// under a sync.Once, and this one each time.
//
// Not reported: a close in a sync.Once, one that a flag or another condition decides
// about, or may keep control from, closes in branches that exclude each other, and a type
// whose Close panics when it is called twice but is called once.
//
// To switch it off for one line: //quiesce:ignore doubleclose reason
package doubleclose
