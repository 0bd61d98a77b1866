// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/pool"
)

// BenchmarkSubmit is a job that does nothing, from its submission to its end, in
// bursts that fit into the queue, against goroutines that read a channel.
func BenchmarkSubmit(b *testing.B) {
	const workers, burst = 8, 256
	var wg sync.WaitGroup
	bursts := func(b *testing.B, submit func()) {
		b.ReportAllocs()
		for b.Loop() {
			wg.Add(burst)
			for range burst {
				submit()
			}
			wg.Wait()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/burst, "ns/job")
	}
	b.Run("impl=channel", func(b *testing.B) {
		jobs := make(chan func(), pool.DefaultQueue)
		defer close(jobs)
		for range workers {
			go func() {
				for f := range jobs {
					f()
				}
			}()
		}
		bursts(b, func() { jobs <- wg.Done })
	})
	b.Run("impl=pool", func(b *testing.B) {
		ctx := b.Context()
		p := pool.New(ctx, "bench", pool.WithWorkers(workers, workers))
		defer p.Stop()
		f := func(context.Context) error { wg.Done(); return nil }
		bursts(b, func() {
			if err := p.Submit(ctx, "job", f); err != nil {
				b.Fatal(err)
			}
		})
	})
}

// BenchmarkJobTimeout is what WithJobTimeout costs: a job without one is the first line.
func BenchmarkJobTimeout(b *testing.B) {
	const burst = 256
	for _, timeout := range []time.Duration{0, time.Minute} {
		b.Run("timeout="+timeout.String(), func(b *testing.B) {
			ctx := b.Context()
			p := pool.New(ctx, "bench", pool.WithWorkers(8, 8), pool.WithJobTimeout(timeout))
			defer p.Stop()
			var wg sync.WaitGroup
			f := func(ctx context.Context) error { ctx.Done(); wg.Done(); return nil }
			b.ReportAllocs()
			for b.Loop() {
				wg.Add(burst)
				for range burst {
					if err := p.Submit(ctx, "job", f); err != nil {
						b.Fatal(err)
					}
				}
				wg.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/burst, "ns/job")
		})
	}
}
