// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package load

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	c := newClock()
	if c == nil {
		t.Fatal("no clock")
	}
	defer c.close()
	for _, d := range []time.Duration{time.Nanosecond, 100 * time.Microsecond, 3 * time.Millisecond} {
		began := time.Now()
		c.sleep(d)
		if took := time.Since(began); took < d {
			t.Errorf("slept %v, want %v", took, d)
		}
	}
	woken := time.AfterFunc(time.Millisecond, c.wake)
	defer woken.Stop()
	c.sleep(time.Hour)
	c.sleep(time.Hour) // for ever after
}
