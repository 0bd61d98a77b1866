// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"time"
)

func work() {}

type cache struct {
	ticker *time.Ticker
	done   chan bool
}

func (c *cache) start() {
	go func() {
		for range c.ticker.C { // want `the loop over c.ticker.C never ends: Stop does not close the channel`
			work()
		}
	}()
	go c.watch()
	go c.twice()
}

func (c *cache) Close() { c.ticker.Stop() }

func (c *cache) watch() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for range ticker.C { // want `the loop over ticker.C goes on after cache.Close`
		work()
	}
}

func (c *cache) twice() {
	for {
		<-c.ticker.C // want `never ends: Stop does not close the channel`
		select {
		case <-c.done:
			break
		default:
		}
	}
}

func newCache() *cache {
	c := &cache{}
	go func() {
		for range time.Tick(time.Second) { // want `goes on after cache.Close`
			work()
		}
	}()
	return c
}

type renewal struct{ ticker *time.Ticker }

// NewRenewal makes one that nothing can stop.
func NewRenewal() *renewal {
	r := &renewal{time.NewTicker(time.Second)}
	go r.loop()
	return r
}

func (r *renewal) loop() {
	for {
		<-r.ticker.C // want `the loop over r.ticker.C has no end: each renewal leaves a goroutine behind`
		work()
	}
}

func local() {
	ticker := time.NewTicker(time.Second)
	go func() {
		for range ticker.C { // want `the loop over ticker.C never ends`
			work()
		}
	}()
	work()
	ticker.Stop()
}

func poll(ctx context.Context) {
	for range time.Tick(time.Second) { // want `goes on when the context is done`
		work()
	}
}

func polls(ctx context.Context) {
	go func() {
		for t := range time.NewTicker(time.Second).C { // want `goes on when the context is done`
			worksUntil(ctx, t)
		}
	}()
}

func worksUntil(context.Context, time.Time) {}

// The context is for its values only.
func configured(ctx context.Context) {
	minute := ctx.Value("every").(time.Duration)
	go func() {
		for range time.Tick(minute) {
			work()
		}
	}()
}

// They end.
func ends(ctx context.Context, c *cache) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for range t.C {
		if ctx.Err() != nil {
			return
		}
	}
}

func breaks(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
loop:
	for range t.C {
		select {
		case <-ctx.Done():
			break loop
		default:
		}
	}
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

func ends2(ctx context.Context) {
	t := time.NewTicker(time.Second)
	for range t.C {
		if ctx.Err() != nil {
			break
		}
	}
}

// Nobody means to end it.
func metrics() {
	go func() {
		for range time.Tick(time.Minute) {
			work()
		}
	}()
}

func foreground() {
	for range time.Tick(time.Minute) {
		work()
	}
}

func (c *cache) off() {
	go func() {
		//quiesce:ignore tickerloop there is one cache a process
		for range c.ticker.C {
			work()
		}
	}()
}
