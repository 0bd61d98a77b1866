// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"context"
	"fmt"
	"io"
	"time"
)

// A Writer is an [io.Writer] that obeys a context. When that ends, a Write that
// waits returns, and later ones fail at once, with an error that wraps
// [context.Cause] and a count of what was taken. Set another context with
// SetContext, and go on from there.
//
// Write is for one goroutine at a time; the other methods can be called meanwhile.
type Writer struct {
	w    io.Writer
	d    deadlines // if w has deadlines
	side side
	h    *helper // else

	// With a helper: the call's while one is outstanding, else the turn's.
	buf []byte // what the helper writes; never the caller's
	n   int    // how much of it was written
	err error  // why not all
}

// NewWriter returns a writer that writes to w, bound to ctx. By which means is
// decided as by [NewReader].
//
// A helper writes copies of at most 32 KiB. One whose Write was given up goes on
// with the copy it has. That counts as written, as with a [bufio.Writer]: to go
// on from the returned count neither loses nor repeats anything. If it fails
// after all, the next Write says so. That one, even of nothing, waits until the
// helper is back.
func NewWriter(ctx context.Context, w io.Writer, opts ...Option) *Writer {
	b := &Writer{w: w}
	if f, ok := w.(interface{ SetWriteDeadline(time.Time) error }); ok && f.SetWriteDeadline(time.Time{}) == nil {
		b.side.set = f.SetWriteDeadline
		b.d.sides = []*side{&b.side}
		b.d.bind(ctx, &b.side)
		return b
	}
	b.h = newHelper(ctx, "ctxio.write", b.empty, opts)
	return b
}

// Write writes as the writer below does.
func (w *Writer) Write(p []byte) (int, error) {
	if w.h != nil {
		return w.writeCopies(p)
	}
	b, err := w.side.begin()
	if err != nil {
		return 0, fmt.Errorf("ctxio: write: %w", err)
	}
	n, err := w.w.Write(p)
	if err != nil {
		if cause := w.side.interrupted(b, err); cause != nil {
			err = fmt.Errorf("ctxio: write: %w", cause)
		}
	}
	return n, err
}

func (w *Writer) writeCopies(p []byte) (n int, err error) {
	if err := w.h.enter(); err != nil {
		return 0, fmt.Errorf("ctxio: write: %w", err)
	}
	defer w.h.leave()
	if w.h.outstanding() { // given up by an earlier Write, which has counted it
		if _, err := w.flush(); err != nil {
			return 0, err
		}
	}
	for n < len(p) {
		w.buf = append(w.buf[:0], p[n:min(len(p), n+maxChunk)]...)
		m, err := w.flush()
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

// flush waits for the outstanding call, or makes one, and says how many bytes of
// the copy count as written.
func (w *Writer) flush() (int, error) {
	if err := w.h.await(); err != nil {
		if w.h.outstanding() {
			return len(w.buf), fmt.Errorf("ctxio: write: %w", err)
		}
		return 0, fmt.Errorf("ctxio: write: %w", err) // refused by the Spawner
	}
	if w.err == nil && w.n < len(w.buf) {
		w.err = io.ErrShortWrite
	}
	return w.n, w.err
}

// empty is the helper's call.
func (w *Writer) empty() {
	w.n, w.err = 0, fmt.Errorf("ctxio: write: %w", errNoResult)
	w.n, w.err = w.w.Write(w.buf)
}

// SetContext binds the Writer to ctx, a Write that waits included.
// [context.Background] frees it.
func (w *Writer) SetContext(ctx context.Context) {
	if w.h != nil {
		w.h.bind(ctx)
		return
	}
	w.d.bind(ctx, &w.side)
}

// Abandoned reports whether a helper is still in a call that its caller has given
// up. It is always false where deadlines do the work.
func (w *Writer) Abandoned() bool { return w.h != nil && w.h.isAbandoned() }

// Close lets go of the context and closes the writer below if that is an
// [io.Closer]. It does not wait for an abandoned call.
func (w *Writer) Close() error {
	if w.h == nil {
		w.d.release()
	}
	if c, ok := w.w.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
