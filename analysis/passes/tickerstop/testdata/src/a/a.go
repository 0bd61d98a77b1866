// SPDX-License-Identifier: Apache-2.0

//go:build go1.23

// Package a is for a Go that collects tickers.
package a

import "time"

func wait(ready func() bool) {
	ticker := time.NewTicker(time.Second)
	for !ready() {
		<-ticker.C
	}
}
