// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"context"
	"fmt"
	"io"
	"time"
)

// maxChunk bounds a helper's buffer. It is what io.Copy uses, and twice that
// again gains nothing on files here.
const maxChunk = 32 << 10

// A Reader is an [io.Reader] that obeys a context. When that ends, a Read that
// waits returns, and later ones fail at once, with an error that wraps
// [context.Cause]. Set another context with SetContext, and go on reading where
// it was: nothing is lost.
//
// Read is for one goroutine at a time; the other methods can be called meanwhile.
type Reader struct {
	r    io.Reader
	d    deadlines // if r has deadlines
	side side
	h    *helper // else

	// With a helper: the call's while one is outstanding, else the turn's.
	buf  []byte // what the helper reads into; never the caller's
	n    int    // what it has read
	err  error  // what it has returned, until the caller was told
	kept []byte // the part of buf that is still to be delivered
}

// NewReader returns a reader that reads from r, bound to ctx.
//
// If r has read deadlines that work (the ends of [os.Pipe] and of [os/exec], FIFOs,
// sockets) a Read is interrupted by them: no goroutine, no copy. A deadline set on r
// before is cleared; do not set one afterwards, and use [NewConn] for connections.
//
// Anything else (a regular file, a terminal, a [bufio.Reader], a call into C) has
// a Read made by a helper goroutine, into a buffer that the Reader owns, of at most
// 32 KiB. When the context ends the helper is abandoned, not stopped: it ends when
// r's Read returns, if ever. The next Read waits for that, and gets what was read.
// Until then no other helper is started. A helper costs a goroutine and a copy a
// Read, so that large Reads are the better ones.
//
// r must not be read by anybody else meanwhile.
func NewReader(ctx context.Context, r io.Reader, opts ...Option) *Reader {
	b := &Reader{r: r}
	if f, ok := r.(interface{ SetReadDeadline(time.Time) error }); ok && f.SetReadDeadline(time.Time{}) == nil {
		b.side.set = f.SetReadDeadline
		b.d.sides = []*side{&b.side}
		b.d.bind(ctx, &b.side)
		return b
	}
	b.h = newHelper(ctx, "ctxio.read", b.fill, opts)
	return b
}

// Read reads as the reader below does. With a helper, an error that came with
// data is returned with the last of it.
func (r *Reader) Read(p []byte) (int, error) {
	if r.h != nil {
		return r.readKept(p)
	}
	b, err := r.side.begin()
	if err != nil {
		return 0, fmt.Errorf("ctxio: read: %w", err)
	}
	n, err := r.r.Read(p)
	if err != nil {
		if cause := r.side.interrupted(b, err); cause != nil {
			err = fmt.Errorf("ctxio: read: %w", cause)
		}
	}
	return n, err
}

func (r *Reader) readKept(p []byte) (int, error) {
	if err := r.h.enter(); err != nil {
		return 0, fmt.Errorf("ctxio: read: %w", err)
	}
	defer r.h.leave()
	if len(p) == 0 {
		return 0, nil
	}
	if len(r.kept) == 0 {
		if err := r.fetch(len(p)); err != nil {
			return 0, fmt.Errorf("ctxio: read: %w", err)
		}
	}
	n := copy(p, r.kept)
	if r.kept = r.kept[n:]; len(r.kept) > 0 {
		return n, nil
	}
	err := r.err
	r.err = nil
	return n, err
}

// fetch waits for the outstanding call, or makes one for about n bytes.
func (r *Reader) fetch(n int) error {
	if !r.h.outstanding() {
		n = min(n, maxChunk)
		if cap(r.buf) < n {
			r.buf = make([]byte, n)
		}
		r.buf = r.buf[:n]
	}
	if err := r.h.await(); err != nil {
		return err
	}
	r.kept = r.buf[:r.n]
	return nil
}

// fill is the helper's call.
func (r *Reader) fill() {
	r.n, r.err = 0, fmt.Errorf("ctxio: read: %w", errNoResult)
	r.n, r.err = r.r.Read(r.buf)
}

// SetContext binds the Reader to ctx, a Read that waits included.
// [context.Background] frees it.
func (r *Reader) SetContext(ctx context.Context) {
	if r.h != nil {
		r.h.bind(ctx)
		return
	}
	r.d.bind(ctx, &r.side)
}

// Abandoned reports whether a helper is still in a call that its caller has given
// up. It is always false where deadlines do the work.
func (r *Reader) Abandoned() bool { return r.h != nil && r.h.isAbandoned() }

// Close lets go of the context and closes the reader below if that is an
// [io.Closer], which may or may not end an abandoned call.
func (r *Reader) Close() error {
	if r.h == nil {
		r.d.release()
	}
	if c, ok := r.r.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
