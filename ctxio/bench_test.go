// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/ctxio"
)

// The ways to give an operation a context. bare has none; bound is a Conn;
// afterfunc does for each operation what a Conn does once; goroutine is what
// several libraries do, with the caller's buffer.
var impls = []struct {
	name string
	read func(ctx context.Context, c net.Conn) func(p []byte) (int, error)
}{
	{"bare", func(_ context.Context, c net.Conn) func([]byte) (int, error) { return c.Read }},
	{"bound", func(ctx context.Context, c net.Conn) func([]byte) (int, error) { return ctxio.NewConn(ctx, c).Read }},
	{"afterfunc", func(ctx context.Context, c net.Conn) func([]byte) (int, error) {
		return func(p []byte) (int, error) {
			defer context.AfterFunc(ctx, func() { c.SetReadDeadline(time.Unix(1, 0)) })()
			return c.Read(p)
		}
	}},
	{"goroutine", func(ctx context.Context, c net.Conn) func([]byte) (int, error) {
		type result struct {
			n   int
			err error
		}
		return func(p []byte) (int, error) {
			done := make(chan result, 1)
			go func() {
				n, err := c.Read(p)
				done <- result{n, err}
			}()
			select {
			case r := <-done:
				return r.n, r.err
			case <-ctx.Done():
				return 0, context.Cause(ctx)
			}
		}
	}},
}

// instant is a connection that always has something to read: what is measured
// over it is the wrapper alone.
type instant struct{ net.Conn }

func (instant) Read(p []byte) (int, error)       { return len(p), nil }
func (instant) Write(p []byte) (int, error)      { return len(p), nil }
func (instant) SetReadDeadline(time.Time) error  { return nil }
func (instant) SetWriteDeadline(time.Time) error { return nil }

// requestContext is as deep as that of a request usually is.
func requestContext(b *testing.B) context.Context {
	type key int
	ctx := context.Context(context.Background())
	for i := range 4 {
		ctx = context.WithValue(ctx, key(i), i)
	}
	ctx, cancel := context.WithCancel(ctx)
	b.Cleanup(cancel)
	return context.WithValue(ctx, key(4), 4)
}

func BenchmarkRead(b *testing.B) {
	for _, conn := range []struct {
		name string
		make func(b *testing.B) net.Conn
	}{
		{"instant", func(b *testing.B) net.Conn { return instant{} }},
		{"tcp", func(b *testing.B) net.Conn {
			client, server := tcpPair(b)
			go io.Copy(server, endless{})
			return client
		}},
	} {
		for _, impl := range impls {
			b.Run("conn="+conn.name+"/impl="+impl.name, func(b *testing.B) {
				read := impl.read(requestContext(b), conn.make(b))
				p := make([]byte, 512)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := read(p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func BenchmarkWrite(b *testing.B) {
	for _, impl := range []struct {
		name string
		w    func(ctx context.Context) io.Writer
	}{
		{"bare", func(context.Context) io.Writer { return net.Conn(instant{}) }},
		{"bound", func(ctx context.Context) io.Writer { return ctxio.NewConn(ctx, instant{}) }},
	} {
		b.Run("impl="+impl.name, func(b *testing.B) {
			w := impl.w(requestContext(b))
			p := make([]byte, 512)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.Write(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSetContext is what a request pays for a connection from a pool.
func BenchmarkSetContext(b *testing.B) {
	c := ctxio.NewConn(context.Background(), instant{})
	ctx := requestContext(b)
	b.Run("another", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.SetContext(ctx)
			c.SetContext(context.Background())
		}
	})
	b.Run("same", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.SetContext(ctx)
		}
	})
}

// BenchmarkHelper is what a Read by a helper costs, of a file in the page cache.
func BenchmarkHelper(b *testing.B) {
	path := filepath.Join(b.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, 32<<10), 0o600); err != nil {
		b.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for _, impl := range []struct {
		name string
		r    io.Reader
	}{
		{"bare", f},
		{"helper", ctxio.NewReader(requestContext(b), f)},
	} {
		b.Run("impl="+impl.name, func(b *testing.B) {
			p := make([]byte, 32<<10)
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			for b.Loop() {
				f.Seek(0, io.SeekStart)
				if _, err := io.ReadFull(impl.r, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
