// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"context"
	"net"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
)

// From the return of the last handler to the end of the drain, beside GracefulStop.
func BenchmarkLastCallToDrained(b *testing.B) {
	for _, length := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second} {
		b.Run("quiesce/"+length.String(), func(b *testing.B) {
			benchLast(b, length, func(w *work) (string, func()) {
				r := run(b, w)
				return r.Addr().String(), func() {
					if err := r.drainIn(far); err != nil {
						b.Error(err)
					}
				}
			})
		})
		b.Run("GracefulStop/"+length.String(), func(b *testing.B) {
			benchLast(b, length, func(w *work) (string, func()) {
				srv, addr := bare(b, w)
				return addr, srv.GracefulStop
			})
		})
	}
}

func bare(b *testing.B, w *work) (*grpc.Server, string) {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := grpc.NewServer()
	srv.RegisterService(&workDesc, w)
	go srv.Serve(ln)
	b.Cleanup(srv.Stop)
	return srv, ln.Addr().String()
}

func benchLast(b *testing.B, length time.Duration, start func(*work) (addr string, stop func())) {
	var waste []time.Duration
	for b.Loop() {
		in, ended := make(chan struct{}), make(chan time.Time, 1)
		addr, stop := start(&work{do: func(context.Context) error {
			close(in)
			time.Sleep(length) // the work that is measured
			ended <- time.Now()
			return nil
		}})
		cc := dialTarget(b, addr)
		called := make(chan error, 1)
		go func() { called <- do(context.Background(), cc) }()
		<-in
		stop()
		waste = append(waste, time.Since(<-ended))
		if err := <-called; err != nil {
			b.Error(err)
		}
		cc.Close()
	}
	slices.Sort(waste)
	b.ReportMetric(float64(waste[len(waste)/2].Microseconds()), "median-µs")
	b.ReportMetric(float64(waste[len(waste)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(0, "ns/op")
}

// What a unary call pays.
func BenchmarkCall(b *testing.B) {
	b.Run("quiesce", func(b *testing.B) {
		benchCall(b, run(b, new(work)).Addr().String())
	})
	b.Run("bare", func(b *testing.B) {
		_, addr := bare(b, new(work))
		benchCall(b, addr)
	})
}

func benchCall(b *testing.B, addr string) {
	cc := dialTarget(b, addr)
	b.ReportAllocs()
	for b.Loop() {
		if err := do(context.Background(), cc); err != nil {
			b.Fatal(err)
		}
	}
}
