// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
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
// that nobody has to be woken, or to find a free core, to see it. Here that is
// when it has received it; there when it is about to call Shutdown, and when
// Shutdown has returned. Readiness goes off between the two, and the later
// one, which has all that Shutdown does besides, is held against the target.

const signalTarget = 1.1

// calm is how long the process does nothing before it is sent a signal, as a
// service at rest does.
const calm = time.Millisecond

// latencies are the times from kill(2) to two instants, in many samples.
type latencies struct{ called, off []time.Duration }

func (l *latencies) add(called, off time.Duration) {
	l.called, l.off = append(l.called, called), append(l.off, off)
}

func signals(s settings, t *table) {
	var bare, ours, heard latencies
	sink := quiesce.WithSink(quiesce.SinkFunc(func(quiesce.Record) {}))
	for i := range s.signals {
		for j := range 3 {
			switch (i + j) % 3 {
			case 0:
				bare.add(bareLatency())
			case 1:
				ours.add(readyLatency())
			default:
				heard.add(readyLatency(sink))
			}
		}
	}
	for _, q := range []struct {
		what    string
		percent int
		target  float64
	}{{"p50", 50, signalTarget}, {"p90", 90, 0}} {
		peer := measure.Quantile(bare.off, q.percent)
		t.ratio(q.what+" until Shutdown is called", measure.Quantile(ours.called, q.percent), peer, 0)
		t.ratio(q.what+" until it has returned", measure.Quantile(ours.off, q.percent), peer, q.target)
		t.ratio(q.what+" the same, with an event sink", measure.Quantile(heard.off, q.percent), peer, q.target)
	}
}

// bareLatency is the time to a receive by hand.
func bareLatency() (called, off time.Duration) {
	c, got := make(chan os.Signal, 1), make(chan [2]time.Time, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer signal.Stop(c)
	go func() {
		<-c
		now := time.Now()
		got <- [2]time.Time{now, now}
	}()
	return timeTo(got)
}

// readyLatency is the time until an app is no longer ready.
func readyLatency(opts ...quiesce.Option) (called, off time.Duration) {
	app := quiesce.New("signal", opts...)
	app.Add("one", plain)
	r := rig.Of(app)
	r.Start()
	defer r.Stop()
	got := make(chan [2]time.Time, 1)
	mux := sigmux.New(sigmux.OS())
	defer mux.Close()
	err := mux.Escalate(sigmux.Orchestrated(), func(d sigmux.Delivery, _ sigmux.Step) {
		before := time.Now()
		app.Shutdown(&sigmux.SignalError{Signal: d.Signal, Sender: d.Sender})
		after := time.Now()
		if app.Ready() {
			panic("still ready")
		}
		got <- [2]time.Time{before, after}
	})
	if err == nil {
		err = mux.Listen()
	}
	if err != nil {
		panic(err)
	}
	return timeTo(got)
}

// timeTo sends SIGTERM to this process and returns the times to the instants
// that are received.
func timeTo(got <-chan [2]time.Time) (called, off time.Duration) {
	time.Sleep(calm)
	begin := time.Now()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		panic(err)
	}
	at := <-got
	return at[0].Sub(begin), at[1].Sub(begin)
}
