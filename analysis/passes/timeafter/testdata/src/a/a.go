// SPDX-License-Identifier: Apache-2.0

//go:build go1.23

// Package a is for a Go that collects timers.
package a

import "time"

func loop(events <-chan int) {
	for {
		select {
		case <-events:
		case <-time.After(time.Minute):
			return
		}
	}
}

func dropped() {
	for {
		time.After(time.Minute) // want `time.After returns at once, and nobody waits for its timer`
		<-time.After(time.Minute)
		_ = time.After(time.Minute)
	}
}
