// SPDX-License-Identifier: Apache-2.0

//go:build unix

package drain

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// manyConns are more connections than one machine has sockets for: they are in
// memory, so that what is measured is a server's own work.
const manyConns = 100_000

// What it costs to close idle connections, until the server has seen the last one
// off, and how much more each costs if there are ten times as many. Of the time that
// drain takes, a second is that in which connections that are idle may be told.
func BenchmarkManyIdle(b *testing.B) {
	for _, way := range ways {
		b.Run(way.name, func(b *testing.B) {
			var few, many, took []float64
			for b.Loop() {
				cpu, _ := endIdle(b, way.serve, manyConns/10)
				few = append(few, float64(cpu)/(manyConns/10))
				cpu, t := endIdle(b, way.serve, manyConns)
				many, took = append(many, float64(cpu)/manyConns), append(took, t.Seconds())
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(few), "cpu-ns/conn-10k")
			b.ReportMetric(median(many), "cpu-ns/conn-100k")
			b.ReportMetric(median(many)/median(few), "ratio")
			b.ReportMetric(median(took), "s")
		})
	}
}

func endIdle(b *testing.B, serve serveFunc, n int) (cpu, took time.Duration) {
	var idle, closed sync.WaitGroup
	idle.Add(n)
	closed.Add(n)
	p := newPipes()
	end := serve(b, &http.Server{Handler: text("hello"), ConnState: func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateIdle:
			idle.Done()
		case http.StateClosed:
			closed.Done()
		}
	}}, p)
	conns := sendEach(b, p, n, func(c net.Conn) error {
		_, err := c.Read(make([]byte, 4096)) // the answer, of which one piece is enough
		return err
	})
	idle.Wait()
	runtime.GC() // not of what came before
	before, start := cpuTime(b), time.Now()
	if err := end(b.Context()); err != nil {
		b.Error(err)
	}
	closed.Wait()
	cpu, took = cpuTime(b)-before, time.Since(start)
	runtime.KeepAlive(conns)
	return cpu, took
}

// What it costs to wait three seconds for requests that do not end, beside doing
// nothing for as long: all of it, and what comes after the first half, when
// everybody was told who could be.
func BenchmarkManyActive(b *testing.B) {
	for _, way := range slices.Concat(ways, []wayToEnd{{"nothing", waitOnly}}) {
		b.Run(way.name, func(b *testing.B) {
			var all, later []float64
			for b.Loop() {
				first, second := waitActive(b, way.serve, manyConns)
				all = append(all, (first+second).Seconds()*1e3)
				later = append(later, second.Seconds()*1e3)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(all), "cpu-ms")
			b.ReportMetric(median(later), "cpu-ms-later")
		})
	}
}

// waitOnly serves, and ends by waiting for its context.
func waitOnly(_ *testing.B, srv *http.Server, ln net.Listener) func(context.Context) error {
	go srv.Serve(ln)
	return func(ctx context.Context) error {
		<-ctx.Done()
		return srv.Close()
	}
}

func waitActive(b *testing.B, serve serveFunc, n int) (first, second time.Duration) {
	const half = 1500 * time.Millisecond
	var begun, ended sync.WaitGroup
	begun.Add(n)
	ended.Add(n)
	release := make(chan struct{})
	p := newPipes()
	end := serve(b, &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		defer ended.Done()
		begun.Done()
		<-release
	})}, p)
	conns := sendEach(b, p, n, func(net.Conn) error { return nil })
	begun.Wait()
	runtime.GC() // not of what came before
	ctx, cancel := context.WithCancel(b.Context())
	over := make(chan error, 1)
	start := cpuTime(b)
	go func() { over <- end(ctx) }()
	time.Sleep(half) // what is measured
	middle := cpuTime(b)
	time.Sleep(half) // the same
	last := cpuTime(b)
	cancel()
	<-over // an error, as they were in flight
	for _, c := range conns {
		c.Close()
	}
	close(release)
	ended.Wait()
	return middle - start, last - middle
}

// sendEach makes n connections, sends a request on each and does what then says.
func sendEach(b *testing.B, p *pipes, n int, then func(net.Conn) error) []net.Conn {
	b.Helper()
	conns := make([]net.Conn, n)
	for i := range conns {
		c, err := p.dial()
		if err == nil {
			_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
		}
		if err == nil {
			err = then(c)
		}
		if err != nil {
			b.Fatal(err)
		}
		conns[i] = c
	}
	return conns
}

func median(v []float64) float64 { return slices.Sorted(slices.Values(v))[len(v)/2] }

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
