// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/bench/internal/measure"
	"github.com/go-quiesce/quiesce/sigmux"
)

// Both sides are watched alike: the goroutine that sends the signal spins on
// one atomic word until it has changed, App.Ready there, and here a flag that is
// set by the goroutine that has received from signal.Notify's channel. A sample
// counts only if the spinning goroutine was on a core when the word changed;
// on a busy machine it often is not, and would see it late.

const signalTarget = 1.1

const (
	// calm is how long the process does nothing before it is sent a signal, as
	// a service at rest does.
	calm = time.Millisecond

	// blink is the longest time between two looks at the word.
	blink = 2 * time.Microsecond

	// signalPatience is how many more attempts are made than samples wanted.
	signalPatience = 20
)

func signals(s settings, t *table) {
	sink := quiesce.WithSink(quiesce.SinkFunc(func(quiesce.Record) {}))
	sides := [3]struct {
		latency func() (time.Duration, bool)
		samples []time.Duration
	}{
		{latency: bareLatency},
		{latency: func() (time.Duration, bool) { return readyLatency() }},
		{latency: func() (time.Duration, bool) { return readyLatency(sink) }},
	}
	attempts := 0
	for ; attempts < s.signals*signalPatience && len(sides[0].samples) < s.signals; attempts++ {
		for j := range sides {
			side := &sides[(attempts+j)%len(sides)]
			if d, ok := side.latency(); ok {
				side.samples = append(side.samples, d)
			}
		}
	}
	bare, ours, heard := sides[0].samples, sides[1].samples, sides[2].samples
	if len(bare)*len(ours)*len(heard) == 0 {
		t.figure("no sample counted: the machine is too busy", "", "")
		return
	}
	t.ratio("p50", measure.Quantile(ours, 50), measure.Quantile(bare, 50), signalTarget)
	t.ratio("p50, with an event sink", measure.Quantile(heard, 50), measure.Quantile(bare, 50), signalTarget)
	t.ratio("p90", measure.Quantile(ours, 90), measure.Quantile(bare, 90), 0)
	t.ratio("p90, with an event sink", measure.Quantile(heard, 90), measure.Quantile(bare, 90), 0)
	t.figure("samples that counted", fmt.Sprintf("%d of %d", len(ours), attempts), fmt.Sprintf("%d of %d", len(bare), attempts))
}

// bareLatency is the time to a receive by hand, and whether it counts.
func bareLatency() (time.Duration, bool) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer signal.Stop(c)
	var off atomic.Bool
	go func() {
		<-c
		off.Store(true)
	}()
	return timeToEnd(func() bool { return !off.Load() })
}

// readyLatency is the time until an app is no longer ready, and whether it counts.
func readyLatency(opts ...quiesce.Option) (time.Duration, bool) {
	app := quiesce.New("signal", append(opts, quiesce.WithSignals(sigmux.OS()))...)
	app.Add("one", plain)
	ended := make(chan error, 1)
	go func() { ended <- app.Run(context.Background()) }()
	<-app.Reached(quiesce.StateRunning)
	d, ok := timeToEnd(app.Ready)
	if err := <-ended; err != nil {
		panic(err)
	}
	return d, ok
}

// timeToEnd sends SIGTERM to this process and spins for as long as the
// condition holds. It reports false if it was not looking when that ended.
func timeToEnd(holds func() bool) (time.Duration, bool) {
	time.Sleep(calm)
	begin := time.Now()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		panic(err)
	}
	looked, seen := begin, time.Now()
	for holds() {
		looked, seen = seen, time.Now()
	}
	return seen.Sub(begin), time.Since(looked) < blink
}
