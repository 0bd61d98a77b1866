// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// A requestBody is the body as the handler sees it.
type requestBody struct {
	x     *exchange
	inner io.ReadCloser
}

func (b *requestBody) Read(p []byte) (int, error) {
	if err := b.x.begin(&b.x.read); err != nil {
		return 0, err
	}
	n, err := b.inner.Read(p)
	return n, b.x.end(&b.x.read, err)
}

// Close reads what is left, up to a limit of net/http, and can wait as Read does.
// The server closes the body in any case.
func (b *requestBody) Close() error {
	if err := b.x.begin(&b.x.read); err != nil {
		return err
	}
	return b.x.end(&b.x.read, b.inner.Close())
}

// A responseWriter is the writer as the handler sees it. It has every method that
// http.ResponseController looks for, so that the books are kept: that asks Unwrap
// last.
type responseWriter struct{ x *exchange }

func (w *responseWriter) Unwrap() http.ResponseWriter { return w.x.w }
func (w *responseWriter) Header() http.Header         { return w.x.w.Header() }

func (w *responseWriter) control() *http.ResponseController {
	return http.NewResponseController(w.x.w)
}

// WriteHeader only notes what the header will be, unless it is an interim one.
func (w *responseWriter) WriteHeader(code int) {
	if code < 100 || code > 199 || code == http.StatusSwitchingProtocols {
		w.x.answer(code)
		w.x.w.WriteHeader(code)
		return
	}
	if w.x.begin(&w.x.write) == nil {
		w.x.w.WriteHeader(code)
		_ = w.x.end(&w.x.write, nil)
	}
}

func (w *responseWriter) Write(p []byte) (int, error) {
	if err := w.x.beginWrite(); err != nil {
		return 0, err
	}
	n, err := w.x.w.Write(p)
	return n, w.x.end(&w.x.write, err)
}

func (w *responseWriter) WriteString(s string) (int, error) {
	if err := w.x.beginWrite(); err != nil {
		return 0, err
	}
	n, err := io.WriteString(w.x.w, s)
	return n, w.x.end(&w.x.write, err)
}

func (w *responseWriter) ReadFrom(r io.Reader) (int64, error) {
	n, err := w.readFrom(r)
	w.x.copied(err)
	return n, err
}

// readFrom lets the server use sendfile for what that can be used for. Of anything
// else each piece is a Write: to wait for r is not to wait for the client, and must
// not cost the answer.
func (w *responseWriter) readFrom(r io.Reader) (int64, error) {
	inner, ok := w.x.w.(io.ReaderFrom)
	if !ok || !inKernel(r) {
		return io.Copy(struct{ io.Writer }{w}, r)
	}
	if err := w.x.beginWrite(); err != nil {
		return 0, err
	}
	n, err := inner.ReadFrom(r)
	return n, w.x.end(&w.x.write, err)
}

// inKernel asks what net asks before it uses sendfile or splice.
func inKernel(r io.Reader) bool {
	if l, ok := r.(*io.LimitedReader); ok {
		r = l.R
	}
	_, ok := r.(syscall.Conn)
	return ok
}

func (w *responseWriter) Flush() { _ = w.FlushError() }

func (w *responseWriter) FlushError() error {
	if err := w.x.beginFlush(); err != nil {
		return err
	}
	return w.x.end(&w.x.write, w.control().Flush())
}

func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := w.control().Hijack()
	if err == nil {
		w.x.handOver()
	}
	return c, rw, err
}

func (w *responseWriter) EnableFullDuplex() error { return w.control().EnableFullDuplex() }

func (w *responseWriter) SetReadDeadline(t time.Time) error { return w.x.setDeadline(&w.x.read, t) }

func (w *responseWriter) SetWriteDeadline(t time.Time) error { return w.x.setDeadline(&w.x.write, t) }
