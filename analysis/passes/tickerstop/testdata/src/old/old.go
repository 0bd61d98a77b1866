// SPDX-License-Identifier: Apache-2.0

//go:build go1.21

// Package old is for a Go whose tickers go on until they are stopped.
package old

import (
	"context"
	"time"
)

func wait(ready func() bool) {
	ticker := time.NewTicker(time.Second) // want `a ticker that is never stopped: it goes on after its function has returned`
	for !ready() {
		<-ticker.C
	}
}

func until(ctx context.Context) error {
	ticker := time.NewTicker(time.Second) // want `never stopped`
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func tick(ready func() bool) {
	for range time.Tick(time.Second) { // want `never stopped`
		if ready() {
			return
		}
	}
}

func channel(ctx context.Context) {
	ticks := time.Tick(time.Second) // want `never stopped`
	for {
		select {
		case <-ticks:
			continue
		case <-ctx.Done():
		}
		return
	}
}

func inGoroutine(ctx context.Context) {
	ticker := time.NewTicker(time.Second) // want `never stopped`
	go func() {
		for {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
	}()
}

func stopped(ready func() bool) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for !ready() {
		<-ticker.C
	}
}

func stoppedInside(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	go func() {
		defer ticker.Stop()
		<-ctx.Done()
	}()
}

func forever() {
	ticker := time.NewTicker(time.Second)
	for range ticker.C {
		println("tick")
	}
}

func foreverInGoroutine() {
	ticker := time.NewTicker(time.Second)
	go func() {
		for {
			select {
			case <-ticker.C:
				break
			}
		}
	}()
}

type holder struct{ ticker *time.Ticker }

func handedOn() (*time.Ticker, *holder) {
	a, b := time.NewTicker(time.Second), time.NewTicker(time.Second)
	c := time.NewTicker(time.Second)
	use(c)
	_ = b
	return a, &holder{time.NewTicker(time.Second)}
}

type dropped struct{ ticks <-chan time.Time }

func newDropped() *dropped {
	return &dropped{ticks: time.NewTicker(time.Second).C} // want `a ticker of which only the channel is kept: nothing can stop it`
}

func use(*time.Ticker) {}

func off() {
	//quiesce:ignore tickerstop once a process
	ticker := time.NewTicker(time.Second)
	<-ticker.C
}
