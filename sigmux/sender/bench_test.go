// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64) && !quiesce_nosender

package sender

import (
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/sigmux"
)

// benchBatch is how many signals are sent for one reading of the CPU time.
const benchBatch = 100

// BenchmarkDelivery compares, in turns, what a signal costs from kill(2) to the
// handler of a mux without and with its sender. The differences of the medians
// count; ns/op is for two batches.
func BenchmarkDelivery(b *testing.B) {
	plain := newBenchMux(b, sigmux.OS(), syscall.SIGUSR1)
	known := newBenchMux(b, OS(), syscall.SIGUSR2)
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 { // neither always follows the other
			plain.batch(b)
			known.batch(b)
		} else {
			known.batch(b)
			plain.batch(b)
		}
	}
	if known.last.PID != os.Getpid() {
		b.Errorf("sender %v, want this process", known.last)
	}
	for name, pair := range map[string][2][]time.Duration{"latency": {plain.took, known.took}, "cpu": {plain.cpu, known.cpu}} {
		x, y := median(pair[0]), median(pair[1])
		b.ReportMetric(float64(x.Nanoseconds()), name+"-plain-ns")
		b.ReportMetric(float64((y - x).Nanoseconds()), name+"-more-ns")
	}
}

// BenchmarkAsk is the part of it that runs when the signal has been received.
func BenchmarkAsk(b *testing.B) {
	in := &inbox{sig: int(syscall.SIGUSR2)}
	pid := os.Getpid()
	book.inboxes[in.sig] = append(book.inboxes[in.sig], in)
	defer book.close(nil, in.sig)
	for _, bc := range []struct {
		name   string
		lookup bool
	}{{"a process", true}, {"the same again", false}} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if bc.lookup {
					book.named = lookup{}
				}
				pages[in.sig].slots[0] = slot{state: published, pid: int32(pid)}
				if by := in.ask(); by.Name == "" {
					b.Fatal(by)
				}
			}
		})
	}
}

type benchMux struct {
	sig       syscall.Signal
	got       chan time.Time
	last      sigmux.Sender
	took, cpu []time.Duration // a signal
}

func newBenchMux(b *testing.B, src sigmux.Source, sig syscall.Signal) *benchMux {
	x := &benchMux{sig: sig, got: make(chan time.Time, 1)}
	m := sigmux.New(src)
	b.Cleanup(m.Close)
	_, err := m.Handle(sig, "bench", func(d sigmux.Delivery) {
		x.last = d.Sender
		x.got <- time.Now()
	}, sigmux.Inline())
	if err != nil {
		b.Fatal(err)
	}
	if err := m.Listen(); err != nil {
		b.Fatal(err)
	}
	return x
}

func (x *benchMux) batch(b *testing.B) {
	before := cpuTime(b)
	for range benchBatch {
		sent := time.Now()
		if err := syscall.Kill(os.Getpid(), x.sig); err != nil {
			b.Fatal(err)
		}
		x.took = append(x.took, (<-x.got).Sub(sent))
	}
	x.cpu = append(x.cpu, (cpuTime(b)-before)/benchBatch)
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[len(ds)/2]
}
