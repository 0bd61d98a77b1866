// SPDX-License-Identifier: Apache-2.0

//go:build go1.21

// Package old is for a Go whose timers live until they fire.
package old

import (
	"context"
	"time"
)

func loop(events <-chan int, done <-chan bool) {
	for {
		select {
		case <-events:
		case <-time.After(time.Minute): // want `time.After in a loop: each turn leaves a timer behind`
			return
		}
	}
}

func ranges(events <-chan int, stop <-chan bool) {
	for range events {
		select {
		case <-stop:
		case <-time.After(10 * time.Second): // want `time.After in a loop`
		}
	}
}

// It is waited for: nothing is left.
func pause() {
	for {
		<-time.After(time.Second)
	}
}

func alone() {
	for {
		select {
		case <-time.After(time.Second):
		}
	}
}

// Each timer is waited for, but the last.
func every(done <-chan bool) {
	for {
		select {
		case <-done:
			return
		case <-time.After(time.Second):
		}
	}
}

func everyLabelled(done <-chan bool) {
loop:
	for {
		select {
		case <-time.After(time.Second):
		case <-done:
			break loop
		}
	}
}

func busy(done <-chan bool) {
	for {
		select {
		case <-done:
			return
		case <-time.After(10 * time.Second): // want `time.After in a loop`
		default:
		}
	}
}

func once(events <-chan int) {
	select {
	case <-events:
	case <-time.After(time.Second):
	}
}

// Each call has its own, and ends.
func apart(events <-chan int) {
	for {
		func() {
			select {
			case <-events:
			case <-time.After(time.Second):
			}
		}()
	}
}

func off(events <-chan int) {
	for {
		select {
		case <-events:
		//quiesce:ignore timeafter an event a day
		case <-time.After(time.Second):
			return
		}
	}
}

// It fires before many of its kind are there.
func soon(events <-chan int, done <-chan bool) {
	for {
		select {
		case <-events:
		case <-time.After(100 * time.Millisecond):
		case <-done:
			return
		}
	}
}

func redials(ctx context.Context, dial func() error) {
	for ctx.Err() == nil {
		_ = dial()
		select {
		case <-ctx.Done():
		case <-time.After(time.Minute):
		}
	}
}

var period = 3 * time.Second

func polls(events <-chan int) {
	for {
		select {
		case <-events:
		case <-time.After(period):
		}
	}
}

// The last turn waits for what is still under way.
func lastWait(sent <-chan bool, stop <-chan bool) {
	for {
		select {
		case <-sent:
			continue
		case <-stop:
			select {
			case <-sent:
			case <-time.After(time.Minute):
			}
			return
		}
	}
}

func pollsOften(events <-chan int, long time.Duration) {
	pause, patience := time.Second, long
	for {
		select {
		case <-events:
		case <-time.After(pause):
		}
		select {
		case <-events:
		case <-time.After(patience): // want `time.After in a loop`
		}
	}
}
