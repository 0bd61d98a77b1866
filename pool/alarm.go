// SPDX-License-Identifier: Apache-2.0

package pool

import "time"

/*
Growing and shrinking need no clock, and no goroutine that looks every so often. Both
look twice, an alarm's time apart:

  - A job that waits sets the alarm, which remembers up to where the queue reached. Of
    those, who is still in it when the alarm goes off has waited at least as long.
  - A worker that goes idle sets the alarm, and the least number of idle workers is
    noted from then on. As the last one to go idle is the first one to be called, so
    many at the bottom of the stack were not needed all that time.

An alarm that goes off sets itself again while there is something to look at. So
nothing is set as long as the pool is at its maximum, or at its minimum, or empty.
*/

// An alarm calls a function after a while. It is guarded by its pool's mu, but the
// function is called without.
type alarm struct {
	timer *time.Timer
	ring  func()
	set   bool
}

// arm sets the alarm if it is not set.
func (a *alarm) arm(d time.Duration) {
	if a.set {
		return
	}
	a.set = true
	if a.timer == nil {
		a.timer = time.AfterFunc(d, a.ring)
		return
	}
	a.timer.Reset(d)
}

// stop is for a pool that has ended.
func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
