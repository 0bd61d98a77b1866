// SPDX-License-Identifier: Apache-2.0

//go:build go1.21

package old

import "time"

func polls(intervals <-chan time.Duration, poll func()) {
	var ticker *time.Ticker
	var ticks <-chan time.Time
	for {
		select {
		case d, ok := <-intervals:
			if !ok {
				if ticker != nil {
					ticker.Stop()
				}
				return
			}
			if d == 0 {
				if ticker != nil {
					ticker.Stop()
					ticker, ticks = nil, nil
				}
			} else {
				ticker = time.NewTicker(d) // want `a ticker takes the place of the one before, which is not stopped`
				ticks = ticker.C
			}
		case <-ticks:
			poll()
		}
	}
}

func stopsFirst(intervals <-chan time.Duration, poll func()) {
	ticker := time.NewTicker(time.Second)
	defer func() { ticker.Stop() }()
	for d := range intervals {
		ticker.Stop()
		ticker = time.NewTicker(d)
		poll()
	}
}

func stopsIfAny(intervals <-chan time.Duration) {
	var ticker *time.Ticker
	for d := range intervals {
		if ticker != nil {
			ticker.Stop()
		}
		ticker = time.NewTicker(d)
	}
	ticker.Stop()
}

func onlyFirst(intervals <-chan time.Duration) {
	var ticker *time.Ticker
	for d := range intervals {
		if ticker == nil {
			ticker = time.NewTicker(d)
		}
	}
	ticker.Stop()
}

func leavesThen(intervals <-chan time.Duration) {
	var ticker *time.Ticker
	for d := range intervals {
		if d > 0 {
			ticker = time.NewTicker(d)
			break
		}
	}
	<-ticker.C
	ticker.Stop()
}

func stopsInOther(intervals <-chan time.Duration, pause <-chan bool) {
	ticker := time.NewTicker(time.Second)
	defer func() { ticker.Stop() }()
	for {
		select {
		case <-pause:
			ticker.Stop()
			ticker = time.NewTicker(<-intervals)
		case <-ticker.C:
		}
	}
}

func pauses(intervals <-chan time.Duration, pause <-chan bool) {
	ticker := time.NewTicker(time.Second)
	for {
		select {
		case <-pause:
			ticker.Stop()
		case d := <-intervals:
			ticker = time.NewTicker(d)
		case <-ticker.C:
		}
	}
}
