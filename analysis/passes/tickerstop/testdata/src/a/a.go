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

type collector struct{ expire, flush, stopped *time.Ticker }

func newCollector() *collector {
	c := &collector{flush: time.NewTicker(time.Second)} // want `the ticker in the field flush is never stopped, and a loop without an end keeps it alive`
	c.expire = time.NewTicker(time.Second)              // want `the ticker in the field expire is never stopped`
	c.stopped = time.NewTicker(time.Second)
	go func() {
		for {
			<-c.expire.C
			println("expire")
		}
	}()
	go func() {
		for range c.flush.C {
			println("flush")
		}
	}()
	go func() {
		for range c.stopped.C {
			println("stopped")
		}
	}()
	return c
}

func (c *collector) close() { c.stopped.Stop() }

type ends struct {
	ticker *time.Ticker
	done   chan bool
}

func (e *ends) loop() {
	e.ticker = time.NewTicker(time.Second)
	for {
		select {
		case <-e.ticker.C:
		case <-e.done:
			return
		}
	}
}

type channel struct{ ticks <-chan time.Time }

func newChannel() *channel { return &channel{ticks: time.NewTicker(time.Second).C} }
