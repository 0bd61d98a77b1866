// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sigmux

import (
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// BenchmarkDelivery compares, in turns, how long a signal takes from kill(2) to
// a goroutine that waits on signal.Notify's channel, and to the function given
// to Escalate. The ratios of the medians and of the 90th percentiles are what
// counts; ns/op includes taking the signal and giving it back.
func BenchmarkDelivery(b *testing.B) {
	keep := make(chan os.Signal, 1) // so that Stop does not restore actions each time
	signal.Notify(keep, syscall.SIGUSR1, syscall.SIGUSR2)
	defer signal.Stop(keep)
	var bare, mux []time.Duration
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 { // neither always follows the other
			bare, mux = append(bare, deliverBare(b, syscall.SIGUSR1)), append(mux, deliverMux(b, syscall.SIGUSR2))
		} else {
			mux, bare = append(mux, deliverMux(b, syscall.SIGUSR1)), append(bare, deliverBare(b, syscall.SIGUSR2))
		}
	}
	for _, q := range []struct {
		name string
		at   int
	}{{"p50", 50}, {"p90", 90}} {
		x, y := quantile(bare, q.at), quantile(mux, q.at)
		b.ReportMetric(float64(x.Nanoseconds()), "bare-"+q.name+"-ns")
		b.ReportMetric(float64(y.Nanoseconds()), "mux-"+q.name+"-ns")
		b.ReportMetric(float64(y)/float64(x), q.name+"-ratio")
	}
}

func quantile(ds []time.Duration, percent int) time.Duration {
	slices.Sort(ds)
	return ds[(len(ds)-1)*percent/100]
}

func deliverBare(b *testing.B, sig syscall.Signal) time.Duration {
	c, got := make(chan os.Signal, 1), make(chan time.Time, 1)
	signal.Notify(c, sig)
	defer signal.Stop(c)
	go func() {
		<-c
		got <- time.Now()
	}()
	return deliver(b, sig, got)
}

func deliverMux(b *testing.B, sig syscall.Signal) time.Duration {
	m, got := New(OS()), make(chan time.Time, 1)
	defer m.Close()
	p := Policy{Name: "bench", Signals: []os.Signal{sig}}
	if err := m.Escalate(p, func(Delivery, Step) { got <- time.Now() }); err != nil {
		b.Fatal(err)
	}
	if err := m.Listen(); err != nil {
		b.Fatal(err)
	}
	return deliver(b, sig, got)
}

func deliver(b *testing.B, sig syscall.Signal, got <-chan time.Time) time.Duration {
	runtime.Gosched() // let the receiver come to rest
	sent := time.Now()
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		b.Fatal(err)
	}
	return (<-got).Sub(sent)
}

// TestDeliveryDoesNotAllocate covers what a mux adds between the channel and
// the function.
func TestDeliveryDoesNotAllocate(t *testing.T) {
	m := New(NewFake())
	if err := m.Escalate(Interactive(), func(Delivery, Step) {}); err != nil {
		t.Fatal(err)
	}
	k, _ := m.kindLocked(syscall.SIGTERM)
	if n := testing.AllocsPerRun(100, k.arrive); n != 0 {
		t.Errorf("%v allocations an arrival, want 0", n)
	}
	e := m.escalation.Load()
	if n := testing.AllocsPerRun(100, func() { e.tell(m, Delivery{Signal: syscall.SIGTERM}, Graceful) }); n != 0 {
		t.Errorf("%v allocations a call, want 0", n)
	}
}
