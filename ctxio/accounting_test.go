// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/ctxio"
)

// cancels is how often each kind of operation is interrupted, at moments that a
// seed decides.
const cancels = 500

// A rebinder is what all wrappers have.
type rebinder interface{ SetContext(ctx context.Context) }

// interruptions gives b contexts that end at random, and f chances to run, until
// it has done so cancels times. In the end b is free.
func interruptions(random *rand.Rand, b rebinder) {
	for range cancels {
		ctx, cancel := context.WithCancelCause(context.Background())
		b.SetContext(ctx)
		switch random.IntN(3) {
		case 0:
			runtime.Gosched()
		case 1:
			for end := time.Now().Add(time.Duration(random.IntN(50)) * time.Microsecond); time.Now().Before(end); {
				runtime.Gosched()
			}
		}
		cancel(errStop)
	}
	b.SetContext(context.Background())
}

func seeded(t *testing.T) (*rand.Rand, *rand.Rand) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
}

// The stream is a sequence in which a byte that is lost or doubled shows.
func stream(from int64, p []byte) {
	for i := range p {
		x := uint64(from+int64(i)) * 0x9e3779b97f4a7c15
		p[i] = byte(x >> 56)
	}
}

// sends writes the stream in pieces until over, but never nothing, and returns
// how much counts as written. What an interrupted write has not done is done by
// the next.
func sends(w io.Writer, random *rand.Rand, over *atomic.Bool) (sent int64, err error) {
	p := make([]byte, 80<<10)
	for sent == 0 || !over.Load() { // on a busy machine, all may be over before the first piece
		q := p[:1+random.IntN(len(p))]
		stream(sent, q)
		n, err := w.Write(q)
		sent += int64(n)
		clear(q) // it is the caller's again
		if err != nil && !errors.Is(err, errStop) {
			return sent, err
		}
		runtime.Gosched() // to who sets the next context, where there is one processor
	}
	return sent, nil
}

// receives checks the stream until its end, and returns its length.
func receives(r io.Reader, random *rand.Rand) (got int64, err error) {
	p, want := make([]byte, 80<<10), make([]byte, 80<<10)
	for {
		q := p[:1+random.IntN(len(p))]
		n, err := r.Read(q)
		stream(got, want[:n])
		if string(q[:n]) != string(want[:n]) {
			return got, fmt.Errorf("bytes %d to %d are not those that were sent", got, got+int64(n))
		}
		got += int64(n)
		if err == io.EOF {
			return got, nil
		}
		if err != nil && !errors.Is(err, errStop) {
			return got, err
		}
		runtime.Gosched()
	}
}

// ways are pairs of which one end is wrapped.
var ways = []struct {
	name string
	pair func(t *testing.T) (r io.Reader, w io.WriteCloser)
}{
	{"tcp", func(t *testing.T) (io.Reader, io.WriteCloser) { a, b := tcpPair(t); return a, b }},
	{"unix", func(t *testing.T) (io.Reader, io.WriteCloser) { a, b := unixPair(t); return a, b }},
	{"net.Pipe", func(t *testing.T) (io.Reader, io.WriteCloser) { a, b := pipePair(t); return a, b }},
	{"os.Pipe", func(t *testing.T) (io.Reader, io.WriteCloser) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r, w
	}},
	{"io.Pipe", func(*testing.T) (io.Reader, io.WriteCloser) { return io.Pipe() }},
}

// Whatever the moments at which reads are interrupted, nothing is lost and
// nothing comes twice.
func TestReadsAddUp(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			r, w := way.pair(t)
			var c interface {
				io.Reader
				rebinder
			} = ctxio.NewReader(t.Context(), r)
			if conn, ok := r.(net.Conn); ok {
				c = ctxio.NewConn(t.Context(), conn)
			}
			addUp(t, c, c, w, w)
		})
	}
}

// Whatever the moments at which writes are interrupted, to go on from the count
// loses nothing and repeats nothing.
func TestWritesAddUp(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			r, w := way.pair(t)
			var c interface {
				io.Writer
				rebinder
			} = ctxio.NewWriter(t.Context(), w)
			if conn, ok := w.(net.Conn); ok {
				c = ctxio.NewConn(t.Context(), conn)
			}
			addUp(t, c, r, c, w)
		})
	}
}

func addUp(t *testing.T, b rebinder, r io.Reader, w io.Writer, end io.Closer) {
	moments, sizes := seeded(t)
	readSizes := rand.New(rand.NewPCG(sizes.Uint64(), 3))
	var over atomic.Bool
	var sent, got int64
	begun, received, ended := make(chan struct{}), make(chan error, 1), make(chan error, 1)
	go func() {
		close(begun)
		var err error
		sent, err = sends(w, sizes, &over)
		if _, late := w.Write(nil); err == nil { // waits for a helper
			err = late
		}
		ended <- errors.Join(err, end.Close())
	}()
	go func() {
		var err error
		got, err = receives(r, readSizes)
		received <- err
	}()
	<-begun
	interruptions(moments, b)
	over.Store(true)
	within(t, "the stream", func() {
		if err := errors.Join(<-ended, <-received); err != nil {
			t.Error(err)
		}
	})
	if sent != got {
		t.Errorf("%d bytes were sent, %d received", sent, got)
	}
}

// Whatever the moments at which an Accept is interrupted, every connection is
// accepted once.
func TestAcceptsAddUp(t *testing.T) {
	for _, kind := range listeners {
		t.Run(kind.name, func(t *testing.T) {
			moments, _ := seeded(t)
			const dials = 200
			l := ctxio.NewListener(t.Context(), kind.make(t))
			seen := make(map[string]int)
			accepted := make(chan error, 1)
			go func() {
				for len(seen) < dials {
					c, err := l.Accept()
					if errors.Is(err, errStop) {
						runtime.Gosched()
						continue
					}
					if err != nil {
						accepted <- err
						return
					}
					buf := make([]byte, 3)
					inner := c
					if n, ok := c.(interface{ NetConn() net.Conn }); ok {
						inner = n.NetConn()
					}
					io.ReadFull(inner, buf)
					seen[string(buf)]++
					c.Close()
				}
				accepted <- nil
			}()
			go func() {
				for i := range dials {
					c, err := net.Dial(l.Addr().Network(), l.Addr().String())
					if err != nil {
						t.Error(err)
						return
					}
					fmt.Fprintf(c, "%03d", i)
					c.Close()
				}
			}()
			interruptions(moments, l)
			within(t, "the last Accept", func() {
				if err := <-accepted; err != nil {
					t.Error(err)
				}
			})
			for who, n := range seen {
				if n != 1 {
					t.Errorf("%s was accepted %d times", who, n)
				}
			}
			l.Close()
		})
	}
}
