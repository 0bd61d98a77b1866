// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/ctxio"
)

// wire is a client that decides on every byte, over HTTP/1.
func wire(t *testing.T, h http.Handler) (net.Conn, *bufio.Reader) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, bufio.NewReader(c)
}

// bound is a handler whose requests have ctx.
func bound(ctx context.Context, f http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctxio.Handler(f).ServeHTTP(w, r.WithContext(ctx))
	})
}

// A handler may answer, the whole of it, before it reads. If that read is
// interrupted, what the client sends later is not a request of its own. What was
// flushed of the answer arrives.
func TestRestOfBodyIsNotARequest(t *testing.T) {
	for _, flush := range []bool{true, false} {
		t.Run(fmt.Sprintf("flushed=%v", flush), func(t *testing.T) {
			ctx, stop := stoppable(t)
			returned := make(chan struct{})
			c, in := wire(t, bound(ctx, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					t.Errorf("a part of the body was taken for a request: %s", r.URL)
					return
				}
				defer close(returned)
				rc := http.NewResponseController(w)
				rc.EnableFullDuplex()
				w.Header().Set("Content-Length", "5")
				io.WriteString(w, "hello")
				if flush {
					rc.Flush()
				}
				_, err := io.Copy(io.Discard, r.Body)
				wantCause(t, ignoreTimeout(err), errStop)
			}))
			const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
			fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", len(smuggled))
			blocked(t, "ctxio.(*requestBody).Read")
			stop(errStop)
			wait(t, "the handler", returned)
			within(t, "the answer", func() {
				io.WriteString(c, smuggled)
				got, _ := io.ReadAll(in)
				if !flush && len(got) > 0 || flush && !bytes.HasSuffix(got, []byte("\r\n\r\nhello")) {
					t.Errorf("the client read %q", got)
				}
			})
		})
	}
}

// ignoreTimeout is for what wraps net/http's own error too.
func ignoreTimeout(err error) error {
	if u, ok := err.(interface{ Unwrap() []error }); ok {
		return u.Unwrap()[0]
	}
	return err
}

// Before the header net/http reads what is left of the body, inside of a Write:
// that waits for a slow sender.
func TestCancelInterruptsWriteThatReads(t *testing.T) {
	ctx, stop := stoppable(t)
	failed := make(chan error, 1)
	c, _ := wire(t, bound(ctx, func(w http.ResponseWriter, r *http.Request) {
		failed <- fill(w)
	}))
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
	blocked(t, "ctxio.(*responseWriter).Write") // in a read, under names that change with Go
	stop(errStop)
	within(t, "Write", func() {
		wantCause(t, ignoreTimeout(<-failed), errStop)
	})
}

// An interim answer is sent at once, and can wait for a slow reader.
func TestCancelInterruptsInterimAnswer(t *testing.T) {
	ctx, stop := stoppable(t)
	returned := make(chan struct{})
	c, _ := wire(t, bound(ctx, func(w http.ResponseWriter, r *http.Request) {
		defer close(returned)
		w.Header().Set("Link", strings.Repeat("x", 1<<14))
		for r.Context().Err() == nil {
			w.WriteHeader(http.StatusEarlyHints)
		}
	}))
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	blocked(t, "ctxio.(*responseWriter).WriteHeader", "poll.(*FD).Write")
	stop(errStop)
	wait(t, "the handler", returned)
}

// A source fails when its context has ended, as a database does or a request to
// others.
type source struct {
	ctx  context.Context
	rest []byte
	at   int    // how much is left when stop is called
	stop func() // ends ctx
}

func (s *source) Read(p []byte) (int, error) {
	if len(s.rest) <= s.at {
		s.stop()
		<-s.ctx.Done()
	}
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 1000)], s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// What is copied from a source that the context has ended is not a whole answer,
// whether or not a write was under way at that moment.
func TestCopyIsWholeOrBroken(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789abcdef"), 1<<11)
	serve(t, func(t *testing.T, s *site) {
		var at int
		s.handler = func(w http.ResponseWriter, r *http.Request) {
			stop := s.stop
			src := &source{r.Context(), text, at, func() { stop(errStop) }}
			if at < 0 {
				go src.stop()
			}
			io.Copy(w, src)
		}
		var whole, broken, refused int
		for i := range 300 {
			if at = -1; i%4 == 0 { // else at any moment
				at = len(text) * i / 300
			}
			s.ctx, s.stop = stoppable(t)
			resp, err := s.post(nil)
			if err != nil {
				broken++
				continue
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			switch {
			case err != nil:
				broken++
			case resp.StatusCode == http.StatusServiceUnavailable:
				refused++
			case !bytes.Equal(got, text):
				t.Errorf("the client took %d bytes of %d for the whole", len(got), len(text))
			default:
				whole++
			}
		}
		t.Logf("%d whole, %d broken off, %d refused", whole, broken, refused)
		if broken+refused == 0 {
			t.Error("no answer was cut short")
		}
	})
}

// A connection that was taken over is left alone.
func TestHandsOffAfterHijack(t *testing.T) {
	ctx, stop := stoppable(t)
	conns := make(chan net.Conn, 1)
	returned := make(chan struct{})
	c, in := wire(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(returned)
		bound(ctx, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "an answer")
			w.(http.Flusher).Flush()
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			stop(errStop)
			if _, err := w.Write([]byte("x")); err == nil {
				t.Error("Write after Hijack = nil")
			}
			conns <- conn
		}).ServeHTTP(w, r)
	}))
	io.WriteString(c, "GET / HTTP/1.0\r\nHost: x\r\n\r\n")
	wait(t, "the handler", returned)
	conn := <-conns
	defer conn.Close()
	if _, err := io.WriteString(conn, "more"); err != nil {
		t.Errorf("Write to the hijacked connection = %v", err)
	}
	conn.Close()
	if got, _ := io.ReadAll(in); !bytes.HasSuffix(got, []byte("more")) {
		t.Errorf("the client read %q", got)
	}
}
