// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/ctxio"
)

// A gated reader blocks until it is given something to read, and has no deadlines.
type gated struct {
	texts chan string
	rest  string
}

func (g *gated) Read(p []byte) (int, error) {
	for g.rest == "" {
		text, ok := <-g.texts
		if !ok {
			return 0, io.EOF
		}
		g.rest = text
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

func TestReaderOfPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := stoppable(t)
	c := ctxio.NewReader(ctx, r)
	read := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		read <- err
	}()
	blocked(t, "ctxio.(*Reader).Read", "os.(*File).Read")
	cancel(errStop)
	within(t, "Read", func() { wantCause(t, <-read, errStop) })
	_, err = c.Read(make([]byte, 1))
	wantCause(t, err, errStop)
	if c.Abandoned() {
		t.Error("Abandoned, with deadlines")
	}

	c.SetContext(t.Context())
	io.WriteString(w, "more")
	p := make([]byte, 8)
	if n, err := c.Read(p); string(p[:n]) != "more" || err != nil {
		t.Errorf("Read = %q, %v", p[:n], err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Read(p); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Read of the pipe = %v, want that it is closed", err)
	}
}

func TestWriterOfPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := stoppable(t)
	c := ctxio.NewWriter(ctx, w)
	wrote := make(chan error, 1)
	go func() { wrote <- fill(c) }()
	blocked(t, "ctxio.(*Writer).Write", "os.(*File).Write")
	cancel(errStop)
	within(t, "Write", func() { wantCause(t, <-wrote, errStop) })
	_, err = c.Write([]byte("x"))
	wantCause(t, err, errStop)

	c.SetContext(t.Context())
	go io.Copy(io.Discard, r)
	if n, err := c.Write([]byte("x")); n != 1 || err != nil {
		t.Errorf("Write = %d, %v", n, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// What a helper reads late is delivered, to the byte, and never into the buffer
// of a Read that has returned.
func TestLateReadIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gated{texts: make(chan string)}
		r := ctxio.NewReader(t.Context(), g)
		stale := make([]byte, 8)
		for range 3 { // also if it is given up again and again
			ctx, cancel := context.WithCancelCause(t.Context())
			r.SetContext(ctx)
			time.AfterFunc(time.Second, func() { cancel(errStop) })
			start := time.Now()
			n, err := r.Read(stale)
			wantCause(t, err, errStop)
			if n != 0 || time.Since(start) != time.Second || !r.Abandoned() {
				t.Errorf("Read = %d after %v, Abandoned = %v", n, time.Since(start), r.Abandoned())
			}
		}
		g.texts <- "late"
		synctest.Wait()
		if !bytes.Equal(stale, make([]byte, 8)) {
			t.Errorf("the old buffer holds %q", stale)
		}
		if r.Abandoned() {
			t.Error("Abandoned after the call has come back")
		}
		r.SetContext(t.Context())
		go func() {
			g.texts <- "next"
			close(g.texts)
		}()
		if got, err := io.ReadAll(iotest.OneByteReader(r)); string(got) != "latenext" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
	})
}

// A call that ends as its caller gives up is not abandoned.
func TestRaceOfReadAndCancel(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			g := &gated{texts: make(chan string)}
			ctx, cancel := context.WithCancelCause(t.Context())
			r := ctxio.NewReader(ctx, g)
			read := make(chan int)
			go func() {
				n, _ := r.Read(make([]byte, 1))
				read <- n
			}()
			synctest.Wait()
			go cancel(errStop)
			g.texts <- "x"
			n := <-read
			synctest.Wait()
			if r.Abandoned() {
				t.Error("Abandoned after the call has come back")
			}
			r.SetContext(t.Context())
			close(g.texts)
			if rest, err := io.ReadAll(r); n+len(rest) != 1 || err != nil {
				t.Errorf("read %d bytes, then %q, %v", n, rest, err)
			}
		})
	}
}

// An error that comes late, or with data, is delivered once, after the data.
func TestLateErrorIsNotLost(t *testing.T) {
	r := ctxio.NewReader(t.Context(), iotest.DataErrReader(strings.NewReader("abc")))
	p := make([]byte, 2)
	for _, want := range []struct {
		n   int
		err error
	}{{2, nil}, {1, io.EOF}, {0, io.EOF}} {
		if n, err := r.Read(p); n != want.n || err != want.err {
			t.Errorf("Read = %d, %v, want %d, %v", n, err, want.n, want.err)
		}
	}
}

// A Read that waits for a helper goes on under the context that is set meanwhile.
func TestSetContextWhileHelperReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gated{texts: make(chan string)}
		first, cancelFirst := context.WithCancelCause(t.Context())
		second, cancelSecond := context.WithCancelCause(t.Context())
		r := ctxio.NewReader(first, g)
		read := make(chan error)
		go func() {
			_, err := r.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		r.SetContext(second)
		synctest.Wait()
		cancelFirst(errors.New("of a context that is not bound"))
		synctest.Wait()
		select {
		case err := <-read:
			t.Fatalf("Read = %v", err)
		default:
		}
		cancelSecond(errStop)
		wantCause(t, <-read, errStop)
		close(g.texts)
	})
}

// An abandoned Write finishes what it has taken: who goes on from the count loses
// nothing and repeats nothing.
func TestLateWriteIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, pipe := io.Pipe()
		ctx, cancel := context.WithCancelCause(t.Context())
		w := ctxio.NewWriter(ctx, pipe)
		text := bytes.Repeat([]byte("0123456789abcdef"), 10_000)
		p := bytes.Clone(text)
		time.AfterFunc(time.Second, func() { cancel(errStop) })
		n, err := w.Write(p)
		wantCause(t, err, errStop)
		if n == 0 || n == len(p) || !w.Abandoned() {
			t.Errorf("Write = %d, Abandoned = %v", n, w.Abandoned())
		}
		clear(p[:n]) // it is the caller's again

		got := make(chan []byte)
		go func() {
			all, _ := io.ReadAll(r)
			got <- all
		}()
		w.SetContext(t.Context())
		if m, err := w.Write(p[n:]); m != len(p)-n || err != nil {
			t.Errorf("Write = %d, %v", m, err)
		}
		w.Close()
		if !bytes.Equal(<-got, text) {
			t.Error("what was written is not what was read")
		}
	})
}

// The error of an abandoned Write is the next one's.
func TestLateWriteFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, pipe := io.Pipe()
		ctx, cancel := context.WithCancelCause(t.Context())
		w := ctxio.NewWriter(ctx, pipe)
		time.AfterFunc(time.Second, func() { cancel(errStop) })
		n, err := w.Write([]byte("abc"))
		wantCause(t, err, errStop)
		if n != 3 {
			t.Errorf("Write = %d, want 3", n)
		}
		r.CloseWithError(io.ErrNoProgress)
		w.SetContext(t.Context())
		if n, err := w.Write(nil); n != 0 || err != io.ErrNoProgress {
			t.Errorf("Write = %d, %v", n, err)
		}
	})
}

func TestWriterToFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("a line of the file\n", 10_000)
	w := ctxio.NewWriter(t.Context(), f)
	if n, err := io.Copy(w, strings.NewReader(text)); n != int64(len(text)) || err != nil {
		t.Errorf("Copy = %d, %v", n, err)
	}
	f.Seek(0, io.SeekStart)
	r := ctxio.NewReader(t.Context(), f)
	if got, err := io.ReadAll(r); string(got) != text || err != nil {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// A registry is a Spawner as a scope is one.
type registry struct {
	closed error
	names  []string
	run    func(f func(context.Context) error)
}

func (s *registry) Go(ctx context.Context, name string, f func(context.Context) error) error {
	if s.closed != nil {
		return s.closed
	}
	s.names = append(s.names, name)
	go s.run(func(ctx context.Context) error { return f(ctx) })
	return nil
}

func plainly(f func(context.Context) error) { _ = f(context.Background()) }

func TestSpawner(t *testing.T) {
	s := &registry{run: plainly}
	r := ctxio.NewReader(t.Context(), strings.NewReader("x"), ctxio.WithSpawner(s))
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	w := ctxio.NewWriter(t.Context(), io.Discard, ctxio.WithSpawner(s))
	if _, err := w.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if got := strings.Join(s.names, " "); got != "ctxio.read ctxio.write" {
		t.Errorf("tasks = %q", got)
	}

	s.closed = errStop
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, errStop) {
		t.Errorf("Read = %v, want the Spawner's error", err)
	}
	if n, err := w.Write([]byte("x")); n != 0 || !errors.Is(err, errStop) {
		t.Errorf("Write = %d, %v, want the Spawner's error", n, err)
	}
	s.closed = nil
	if n, err := w.Write([]byte("x")); n != 1 || err != nil {
		t.Errorf("Write = %d, %v", n, err)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// A helper that does not come back from its call does not hang who waits for it.
func TestHelperThatEndsOtherwise(t *testing.T) {
	for name, read := range map[string]readFunc{
		"goexit": func([]byte) (int, error) { runtime.Goexit(); return 0, nil },
		"panic":  func([]byte) (int, error) { panic("in Read") },
	} {
		t.Run(name, func(t *testing.T) {
			contained := &registry{run: func(f func(context.Context) error) {
				defer func() { _ = recover() }()
				plainly(f)
			}}
			r := ctxio.NewReader(t.Context(), read, ctxio.WithSpawner(contained))
			within(t, "Read", func() {
				if _, err := r.Read(make([]byte, 1)); err == nil {
					t.Error("Read = nil")
				}
			})
		})
	}
}

// A helper is found in a profile by its name, next to its caller's labels.
func TestHelperIsLabelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gated{texts: make(chan string)}
		ctx, cancel := context.WithCancelCause(t.Context())
		r := ctxio.NewReader(ctx, g)
		go r.Read(make([]byte, 1))
		synctest.Wait()
		if got := labelled(t, "task", "ctxio.read"); !strings.Contains(got, "gated") {
			t.Errorf("profile of the task:\n%s", got)
		}
		cancel(nil)
		close(g.texts)
	})
}
