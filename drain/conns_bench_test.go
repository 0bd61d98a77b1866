// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/internal/door"
)

// rawWays are the usual way to end a TCP server and ours.
var rawWays = []struct {
	name  string
	serve func(b *testing.B, ln net.Listener, serve func(context.Context, net.Conn)) (end func(context.Context) error)
}{
	// A WaitGroup, beside which neither a deadline nor a name is possible.
	{"waitgroup", func(_ *testing.B, ln net.Listener, serve func(context.Context, net.Conn)) func(context.Context) error {
		var wg sync.WaitGroup
		accepting := make(chan struct{})
		go func() {
			defer close(accepting)
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				wg.Go(func() {
					defer c.Close()
					serve(context.Background(), c)
				})
			}
		}()
		return func(context.Context) error {
			err := ln.Close()
			<-accepting
			wg.Wait()
			return err
		}
	}},
	{"drain", func(b *testing.B, ln net.Listener, serve func(context.Context, net.Conn)) func(context.Context) error {
		s := NewConns(Protocol{Serve: serve}, WithListener(ln))
		if err := s.Listen(b.Context()); err != nil {
			b.Fatal(err)
		}
		go s.Serve(context.WithoutCancel(b.Context()))
		return s.Drain
	}},
}

// From the return of the last Serve to the end of the drain, for peers that have
// been connected for a while and close their connection first.
func BenchmarkConnsDrainLatency(b *testing.B) {
	for _, work := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond} {
		for _, way := range rawWays {
			b.Run(fmt.Sprintf("%v/%s", work, way.name), func(b *testing.B) {
				var waste []time.Duration
				for b.Loop() {
					waste = append(waste, connsLatency(b, work, way.serve))
				}
				slices.Sort(waste)
				b.ReportMetric(float64(waste[len(waste)/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(waste[len(waste)-1].Microseconds()), "max-µs")
			})
		}
	}
}

func connsLatency(b *testing.B, work time.Duration, start func(*testing.B, net.Listener, func(context.Context, net.Conn)) func(context.Context) error) time.Duration {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	began := make(chan struct{})
	var ended time.Time
	end := start(b, ln, func(_ context.Context, c net.Conn) {
		_, _ = c.Read(make([]byte, 1))
		close(began)
		time.Sleep(work)
		_, _ = c.Read(make([]byte, 1)) // the peer has closed
		ended = time.Now()
	})
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	time.Sleep(2 * door.Quiet)
	if _, err := c.Write([]byte{0}); err != nil {
		b.Fatal(err)
	}
	<-began
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	if err := end(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Since(ended)
}

// What a connection pays: accept, serve nothing, close.
func BenchmarkConnsConnection(b *testing.B) {
	for _, way := range rawWays {
		b.Run(way.name, func(b *testing.B) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			end := way.serve(b, ln, func(_ context.Context, c net.Conn) { _, _ = c.Read(make([]byte, 1)) })
			b.ReportAllocs()
			for b.Loop() {
				c, err := net.Dial("tcp", ln.Addr().String())
				if err != nil {
					b.Fatal(err)
				}
				c.Close()
			}
			if err := end(context.Background()); err != nil && !errors.Is(err, net.ErrClosed) {
				b.Fatal(err)
			}
		})
	}
}

// What a message pays beside its handler.
func BenchmarkConsumer(b *testing.B) {
	q := new(Queue[int])
	done := make(chan struct{})
	c := NewConsumer(q.Subscribe(), 1, func(context.Context, *Delivery[int]) error {
		done <- struct{}{}
		return nil
	})
	go c.Serve(context.WithoutCancel(b.Context()))
	b.ReportAllocs()
	for b.Loop() {
		q.Put(1)
		<-done
	}
	if err := c.Drain(context.Background()); err != nil {
		b.Fatal(err)
	}
}
