// SPDX-License-Identifier: Apache-2.0

// Package a has comments that switch findings off, and others that do not.
package a

import "time"

func used(c chan int) {
	for {
		select {
		case <-c:
		//quiesce:ignore timeafter one turn an hour
		case <-time.After(time.Minute):
		}
		select {
		case <-c:
		case <-time.After(time.Minute): //quiesce:ignore timeafter one turn an hour
		}
	}
}

func mistakes(c chan int) {
	for {
		select {
		case <-c:
		case <-time.After(time.Minute): //quiesce:ignore timeafter // want "the comment gives no reason, and switches nothing off: //quiesce:ignore timeafter reason"
		}
		select {
		case <-c:
		case <-time.After(time.Minute): //quiesce:ignore // want "the comment names no check"
		}
		select {
		case <-c:
		case <-time.After(time.Minute): //quiesce:ignore timeaftr one turn an hour // want "there is no check timeaftr"
		}
		select {
		case <-c:
		case <-time.After(time.Minute): // quiesce:ignore timeafter one turn an hour // want "the space before quiesce:ignore"
		}
	}
}

// Something else than a directive: //quiesce:ignore in a sentence, or //quiesce:ignores.
func others() {
	_ = 1 //quiesce:ignored by nobody
	_ = 2 //quiesce:ignore switchedoff that check does not run
	_ = 3 //quiesce:ignore timeafter nothing to find // want "timeafter finds nothing here, and the comment would hide what it finds later"
	//quiesce:ignore timeafter nothing to find either // want "timeafter finds nothing here"
	time.Sleep(time.Minute)
}
