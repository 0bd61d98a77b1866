// SPDX-License-Identifier: Apache-2.0

package tested

import (
	"context"
	"testing"
	"time"
)

func TestReadEvents(t *testing.T) {
	events := make(chan int)
	go readEvents(context.Background(), events)
	<-events
}

func TestReadOne(t *testing.T) {
	out := make(chan int)
	go readOne(context.Background(), out)
	select {
	case <-out:
	case <-time.After(time.Second):
		t.Fatal("no number")
	}
}
