// SPDX-License-Identifier: Apache-2.0

//go:build go1.21

package old

import (
	"testing"
	"time"
)

// A test is over soon.
func TestLoop(t *testing.T) {
	events := make(chan int, 3)
	for i := 0; i < 3; i++ {
		select {
		case <-events:
		case <-time.After(time.Minute):
			t.Fatal("no event")
		}
	}
}
