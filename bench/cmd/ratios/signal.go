// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/bench/internal/measure"
	"github.com/go-quiesce/quiesce/bench/internal/rig"
	"github.com/go-quiesce/quiesce/sigmux"
)

// Both sides take the time on the goroutine that has received the signal, so
// that nobody has to be woken, or to find a free core, to see it: here when it
// has received it, there when readiness has just gone off, which is what the
// report calls the beginning of the stop. The time at which Shutdown has
// returned, all that it does included, is an upper bound that does not take the
// report's word for it.

const signalTarget = 1.1

// calm is how long the process does nothing before it is sent a signal, as a
// service at rest does.
const calm = time.Millisecond

func signals(s settings, t *table) {
	sink := quiesce.WithSink(quiesce.SinkFunc(func(quiesce.Record) {}))
	ways := []struct {
		what    string
		target  float64
		latency func() time.Duration
		samples []time.Duration
	}{
		{what: "bare", latency: bareLatency},
		{what: "readiness off", target: signalTarget, latency: func() time.Duration { return readyLatency() }},
		{what: "readiness off, with an event sink", target: signalTarget, latency: func() time.Duration { return readyLatency(sink) }},
		{what: "Shutdown returned", latency: shutdownLatency},
	}
	for i := range s.signals {
		for j := range ways {
			w := &ways[(i+j)%len(ways)]
			w.samples = append(w.samples, w.latency())
		}
	}
	for _, w := range ways[1:] {
		t.ratio(w.what+": p50", measure.Quantile(w.samples, 50), measure.Quantile(ways[0].samples, 50), w.target)
		t.ratio(w.what+": p90", measure.Quantile(w.samples, 90), measure.Quantile(ways[0].samples, 90), 0)
	}
}

// bareLatency is the time to a receive by hand.
func bareLatency() time.Duration {
	c, got := make(chan os.Signal, 1), make(chan time.Time, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer signal.Stop(c)
	go func() {
		<-c
		got <- time.Now()
	}()
	begin := send()
	return (<-got).Sub(begin)
}

// readyLatency is the time until an app that listens to signals is not ready.
func readyLatency(opts ...quiesce.Option) time.Duration {
	app := quiesce.New("signal", append(opts, quiesce.WithSignals(sigmux.OS()))...)
	app.Add("one", plain)
	ended := make(chan error, 1)
	go func() { ended <- app.Run(context.Background()) }()
	<-app.Reached(quiesce.StateRunning)
	begin := send()
	if err := <-ended; err != nil {
		panic(err)
	}
	return app.Report().Began.Sub(begin)
}

// shutdownLatency is the time until Shutdown has returned to a handler.
func shutdownLatency() time.Duration {
	app := quiesce.New("signal")
	app.Add("one", plain)
	r := rig.Of(app)
	r.Start()
	defer r.Stop()
	got := make(chan time.Time, 1)
	mux := sigmux.New(sigmux.OS())
	defer mux.Close()
	err := mux.Escalate(sigmux.Interactive(), func(d sigmux.Delivery, _ sigmux.Step) {
		app.Shutdown(&sigmux.SignalError{Signal: d.Signal, Sender: d.Sender})
		now := time.Now()
		if app.Ready() {
			panic("still ready")
		}
		got <- now
	})
	if err == nil {
		err = mux.Listen()
	}
	if err != nil {
		panic(err)
	}
	begin := send()
	return (<-got).Sub(begin)
}

// send sends SIGTERM to this process and returns when it began to.
func send() time.Time {
	time.Sleep(calm)
	begin := time.Now()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		panic(err)
	}
	return begin
}
