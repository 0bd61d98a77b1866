// SPDX-License-Identifier: Apache-2.0

// Package goroutinestop defines an analyzer that reports a goroutine that cannot be
// stopped.
//
// # Analyzer goroutinestop
//
// goroutinestop: report a goroutine whose loop has no end
//
// Nothing ends a goroutine from outside (see https://go.dev/doc/faq#no_goroutine_id for
// why there is not even a name for it): a loop that neither a context, nor a channel
// that is closed, nor an error ends, runs until the process does. Each new object leaves
// another one behind, tests fail over each other, and a Close returns while the loop
// still uses what was closed. A stop channel that nothing closes is no end either.
//
// Wrong:
//
//	func (c *cache) start() {
//		go func() {
//			for {
//				time.Sleep(time.Minute)
//				c.expire()
//			}
//		}()
//	}
//
// Right:
//
//	func (c *cache) start(ctx context.Context) {
//		go func() {
//			tick := time.NewTicker(time.Minute)
//			defer tick.Stop()
//			for {
//				select {
//				case <-tick.C:
//					c.expire()
//				case <-ctx.Done():
//					return
//				}
//			}
//		}()
//	}
//
// Reported as well: a goroutine that looks at its stop channel only when it is busy, one
// that only a context ends and that gets context.Background, even with values or by way of a
// parameter, one that waits for a channel that nobody has made, one that reads from a
// socket that nothing closes, a go statement that discards the channel by which the
// function is stopped, and a stop that closes its channel and sets the field to nil, which
// a goroutine in the middle of a turn then waits for. And: a loop that tries again until
// it has success, or polls on when nobody waits for the answer any more; a goroutine for
// each accepted connection that only the end of all ends; one that waits for a timer that
// is stopped, or for a signal alone; one that accepts from a listener, or reads from a
// connection, in a package that closes none and lets nobody else do it; and a method run
// on an object that nobody keeps. Also one that waits, without a select, for the one value
// that a goroutine of its own sends, which may end before it does; and one that writes to
// an io.Pipe whose read side nothing closes, as behind io.NopCloser, so that a reader that
// stops early leaves it in its Write. And what a function makes that has a goroutine until
// its Close or Stop is called, where nobody calls that: it is in a local variable that
// goes nowhere else, in a field of an object whose own Close or Stop forgets it, or is
// forgotten by a function for a connection or request that returns an error. And a function
// or method of another package that never comes back. And a worker that takes from a channel
// until who feeds it closes that, which does so at its end, and not before a return that comes
// earlier; and one that a constructor starts for its object before it returns an error in the
// place of that. And a timer of time.AfterFunc whose function sets it again each time, where
// nothing stops it; and a goroutine that a method ends which nothing calls, of a type that is
// not exported.
//
// Not reported: a loop that can return, break or panic, as most do that read from a
// connection; goroutines of a program's package main that live as long as the process;
// those that an init function, a package variable or a sync.Once starts, other than one of
// a local object, or that have only what is the package's; and "for range ticker.C", which is the check tickerloop's.
//
// To switch it off for one line: //quiesce:ignore goroutinestop reason
package goroutinestop
