// SPDX-License-Identifier: Apache-2.0

// Package tickerloop defines an analyzer that reports loops over a ticker that do not
// end with what they belong to.
//
// # Analyzer tickerloop
//
// tickerloop: report "for range ticker.C" that nothing can end
//
// "Stop does not close the channel" (time.Ticker.Stop): a loop over the channel of a
// ticker does not end when the ticker is stopped. It blocks for good, with all that it
// holds. And a loop that only waits for the next tick cannot see that its context is
// done, or that the server it belongs to has stopped.
//
// Wrong:
//
//	func (c *Cache) start() {
//		c.ticker = time.NewTicker(time.Minute)
//		go func() {
//			for range c.ticker.C {
//				c.evict()
//			}
//		}()
//	}
//
//	func (c *Cache) Close() { c.ticker.Stop() }
//
// Right:
//
//	go func() {
//		ticker := time.NewTicker(time.Minute)
//		defer ticker.Stop()
//		for {
//			select {
//			case <-ticker.C:
//				c.evict()
//			case <-c.done:
//				return
//			}
//		}
//	}()
//
//	func (c *Cache) Close() { close(c.done) }
//
// Reported are such loops if the ticker is stopped by another function, if the function
// has a context that the loop does not look at, if the one that starts it waits for its
// context to end, or if the loop's goroutine belongs to a type with a method Close, Stop or
// Shutdown, or with a channel that is named after an end and that the package closes, or is
// started by the constructor of a type, so that each value leaves one behind. Loops that a
// return or a break ends are not, nor those in main, which end with the process.
//
// To switch it off for one line: //quiesce:ignore tickerloop reason
package tickerloop
