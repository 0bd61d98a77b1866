// SPDX-License-Identifier: Apache-2.0

//go:build unix

package scope

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The benchmarks compare with a peer in the same run, round by round, because a
// machine is rarely alone and never as fast as another: what they report are
// medians, in processor time of the process, and the ratio to the peer.

// A way is one of several ways to do the same thing n times.
type way struct {
	name string
	do   func(n int)
}

// compare measures the ways in turn, and reports what each costs in nanoseconds for
// one of n, and how many times that is what the first costs.
func compare(b *testing.B, n int, ways []way) {
	b.Helper()
	cost := make([][]float64, len(ways))
	ratio := make([][]float64, len(ways))
	for _, w := range ways {
		w.do(n) // not the first time
	}
	for b.Loop() {
		for i, w := range ways {
			runtime.GC() // not of what came before
			before := cpuTime(b)
			w.do(n)
			cost[i] = append(cost[i], float64(cpuTime(b)-before)/float64(n))
			ratio[i] = append(ratio[i], cost[i][len(cost[i])-1]/cost[0][len(cost[0])-1])
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, w := range ways {
		b.ReportMetric(median(cost[i]), w.name+"-ns")
		if i > 0 {
			b.ReportMetric(median(ratio[i]), w.name+"/"+ways[0].name)
		}
	}
}

func median(v []float64) float64 { return slices.Sorted(slices.Values(v))[len(v)/2] }

// cpuTime returns the processor time of the process. It first gives idle threads
// time to go to sleep: the kernel accounts for what runs on another core at its
// next tick.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	time.Sleep(time.Millisecond)
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// batch is how many tasks are started before they are waited for.
const batch = 256

func inBatches(n int, start func(), wait func()) {
	for range n / batch {
		for range batch {
			start()
		}
		wait()
	}
}

//go:noinline
func nothing(context.Context) error { return nil }

// BenchmarkGo starts empty tasks, in batches that are waited for. The peer is a bare
// go statement with a WaitGroup. Targets: Go at most 1.10 times that, without
// allocations; Start at most 1.5 times.
func BenchmarkGo(b *testing.B) {
	ctx := context.Background()
	ways := []way{{"bare", func(n int) {
		var wg sync.WaitGroup
		f := nothing
		inBatches(n, func() {
			wg.Add(1)
			go func() {
				defer wg.Done()
				_ = f(ctx)
			}()
		}, wg.Wait)
	}}}
	in := func(name string, start func(s *Scope), options ...Option) {
		s := New(ctx, "bench", options...)
		b.Cleanup(func() { _ = s.Stop() })
		ways = append(ways, way{name, func(n int) {
			inBatches(n, func() { start(s) }, func() { _ = s.Wait(ctx) })
		}})
	}
	goes := func(s *Scope) { _ = s.Go(ctx, "task", nothing) }
	in("go", goes)
	in("start", func(s *Scope) { _, _ = s.Start(ctx, "task", nothing) })
	in("ages", goes, WithAges())
	in("limit", goes, WithLimit(batch))
	compare(b, 40*batch, ways)
}

// BenchmarkGoAllocs counts what one task allocates. Targets: none for Go, and one
// of at most 48 bytes for Start.
func BenchmarkGoAllocs(b *testing.B) {
	ctx := context.Background()
	for _, way := range []struct {
		name  string
		start func(s *Scope)
	}{
		{"go", func(s *Scope) { _ = s.Go(ctx, "task", nothing) }},
		{"start", func(s *Scope) { _, _ = s.Start(ctx, "task", nothing) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			s := New(ctx, "bench")
			defer s.Stop()
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				way.start(s)
				if i++; i%batch == 0 {
					_ = s.Wait(ctx)
				}
			}
			_ = s.Wait(ctx)
		})
	}
}

// BenchmarkCancel ends 100,000 tasks that wait for their context. The peer are as many
// goroutines that wait for a channel, which is closed. Target: at most 1.2 times that.
func BenchmarkCancel(b *testing.B) {
	const n = 100_000
	ctx := context.Background()
	wait := func(ctx context.Context) error { <-ctx.Done(); return nil }
	run := map[string]func() (end func()){
		"close": func() func() {
			var wg sync.WaitGroup
			done := make(chan struct{})
			for range n {
				wg.Add(1)
				go func() {
					defer wg.Done()
					<-done
				}()
			}
			return func() { close(done); wg.Wait() }
		},
		"cancel": func() func() {
			s := New(ctx, "bench")
			for range n {
				_ = s.Go(ctx, "task", wait)
			}
			return func() { _ = s.Stop() }
		},
	}
	cost := make(map[string][]float64)
	var ratio []float64
	for b.Loop() {
		for _, name := range []string{"close", "cancel"} {
			end := run[name]()
			runtime.GC() // not of what came before
			before := cpuTime(b)
			end()
			cost[name] = append(cost[name], float64(cpuTime(b)-before)/n)
		}
		last := len(cost["close"]) - 1
		ratio = append(ratio, cost["cancel"][last]/cost["close"][last])
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(cost["close"]), "close-ns")
	b.ReportMetric(median(cost["cancel"]), "cancel-ns")
	b.ReportMetric(median(ratio), "cancel/close")
}

// BenchmarkSurvey surveys 10,000 tasks of ten names. Target: at most 100 ns a task.
func BenchmarkSurvey(b *testing.B) {
	const n = 10_000
	s := New(context.Background(), "bench")
	defer s.Stop()
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	for i := range n {
		_ = s.Go(context.Background(), names[i%len(names)], untilTaken)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Survey()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/task")
}

// BenchmarkUnstopped makes the report of 100,000 tasks that did not stop, without a
// proof that they never will, against the labelled profile that it is made of. Target:
// at most 1.3 times as much.
func BenchmarkUnstopped(b *testing.B) {
	const n = 100_000
	s := New(context.Background(), "bench")
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	release := make(chan struct{})
	for i := range n {
		_ = s.Go(context.Background(), names[i%len(names)], func(context.Context) error { <-release; return nil })
	}
	s.Cancel(nil)
	s.abandon()
	compare(b, n, []way{
		{"profile", func(int) { _ = pprof.Lookup("goroutine").WriteTo(io.Discard, 0) }},
		{"report", func(int) {
			if v := s.unstopped(); len(v.Groups) != len(names) || len(v.Groups[0].Stacks) == 0 {
				b.Fatalf("report: %d groups", len(v.Groups))
			}
		}},
	})
	close(release)
	_ = s.Wait(context.Background())
}

// BenchmarkMemory says how much more heap a task takes than a bare goroutine that
// waits for the same channel. Target: at most 96 bytes, a handle not included.
func BenchmarkMemory(b *testing.B) {
	const n = 100_000
	ctx := context.Background()
	bare := func(f func()) { go f() }
	_ = heapOf(n, bare) // the runtime keeps its records of goroutines
	var more []float64
	for b.Loop() {
		s := New(ctx, "bench")
		task := heapOf(n, func(f func()) {
			_ = s.Go(ctx, "task", func(context.Context) error { f(); return nil })
		})
		_ = s.Stop()
		more = append(more, task-heapOf(n, bare))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(more), "more-B")
}

// heapOf returns the bytes of heap for each of n goroutines that wait.
func heapOf(n int, start func(f func())) float64 {
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Add(n)
	before := heap()
	for range n {
		start(func() {
			<-done
			wg.Done()
		})
	}
	after := heap()
	close(done)
	wg.Wait()
	return (float64(after) - float64(before)) / float64(n)
}

// BenchmarkDeepTree closes scopes that are below each other, as many as the depth. One of
// them must not take ten times as long where there are ten times as many.
func BenchmarkDeepTree(b *testing.B) {
	for _, depth := range []int{100, 1000} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			for b.Loop() {
				root := New(b.Context(), "s")
				at := root
				for range depth {
					at = New(at.Context(), "s")
					if err := at.Go(b.Context(), "t", untilTaken); err != nil {
						b.Fatal(err)
					}
				}
				if err := root.Close(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(depth), "ns/scope")
		})
	}
}
