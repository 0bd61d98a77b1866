// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/ctxio"
)

// serve runs h behind ctxio.Handler, over each protocol. In the handler, requests
// with the header Stop have a context that ends when stop is called.
func serve(t *testing.T, f func(t *testing.T, s *site)) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			s := &site{t: t, proto: proto, http1: proto == "HTTP/1.1"}
			s.ctx, s.stop = stoppable(t)
			s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serveHTTP))
			s.EnableHTTP2 = !s.http1
			s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					s.conns.Add(1)
				}
			}
			s.StartTLS()
			t.Cleanup(s.Close)
			f(t, s)
		})
	}
}

type site struct {
	*httptest.Server
	t       *testing.T
	proto   string
	http1   bool
	conns   atomic.Int32
	ctx     context.Context
	stop    context.CancelCauseFunc
	handler http.HandlerFunc
}

func (s *site) serveHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Stop") == "" {
		ctxio.Handler(http.HandlerFunc(answer)).ServeHTTP(w, r)
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	stopping := s.ctx
	defer context.AfterFunc(stopping, func() { cancel(context.Cause(stopping)) })()
	ctxio.Handler(s.handler).ServeHTTP(w, r.WithContext(ctx))
}

func answer(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	if r.Context().Err() != nil {
		err = errors.New("the context has ended before the request")
	}
	fmt.Fprint(w, "read ", n, " ", err)
}

// post sends a request whose context the site can end.
func (s *site) post(body io.Reader) (*http.Response, error) {
	r, err := http.NewRequest("POST", s.URL, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Stop", "yes")
	return s.Client().Do(r)
}

// wantAnswer checks that the site still works, and over how many connections it
// has done so since the beginning.
func (s *site) wantAnswer(conns int32) {
	s.t.Helper()
	within(s.t, "an answer", func() {
		resp, err := s.Client().Post(s.URL, "text/plain", strings.NewReader("four"))
		if err != nil {
			s.t.Error(err)
			return
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(got) != "read 4 <nil>" || err != nil || resp.Proto != s.proto {
			s.t.Errorf("answer = %q, %v over %s", got, err, resp.Proto)
		}
	})
	if n := s.conns.Load(); n != conns {
		s.t.Errorf("%d connections, want %d", n, conns)
	}
}

// ifHTTP1 is how many connections there are after one was spoilt.
func (s *site) ifHTTP1(then, otherwise int32) int32 {
	if s.http1 {
		return then
	}
	return otherwise
}

// closeNotify is how long crypto/tls may take to say good-bye to a peer that does
// not read. net/http has it do so inside of the Write.
const closeNotify = 5 * time.Second

// A write that waits for a slow reader is interrupted. Over HTTP/1 the connection
// is lost with the answer, over HTTP/2 the stream only.
func TestCancelInterruptsResponse(t *testing.T) {
	serve(t, func(t *testing.T, s *site) {
		failed := make(chan error, 2)
		s.handler = func(w http.ResponseWriter, r *http.Request) {
			failed <- fill(w)
			_, err := w.Write([]byte("x"))
			failed <- err
		}
		s.wantAnswer(1)
		resp, err := s.post(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		blocked(t, "ctxio.(*responseWriter).Write")
		s.stop(errStop)
		stopped := time.Now()
		within(t, "Write", func() {
			if err := <-failed; !errors.Is(err, errStop) {
				t.Errorf("Write = %v, want one that wraps %v", err, errStop)
			}
			wantCause(t, <-failed, errStop)
		})
		if d := time.Since(stopped); d > closeNotify {
			t.Errorf("Write took %v to end, more than crypto/tls gives itself", d)
		}
		within(t, "the answer's end", func() {
			if _, err := io.Copy(io.Discard, resp.Body); err == nil {
				t.Error("the client took the answer for a whole one")
			}
		})
		s.wantAnswer(s.ifHTTP1(2, 1))
	})
}

// An answer of which a part is missing never looks whole, and one that has not
// begun says so.
func TestCancelBeforeTheRest(t *testing.T) {
	serve(t, func(t *testing.T, s *site) {
		for _, c := range []struct {
			name   string
			begin  func(w http.ResponseWriter)
			status int // 0: the answer breaks off
		}{
			{"nothing", func(http.ResponseWriter) {}, 503},
			{"headers", func(w http.ResponseWriter) { w.Header().Set("Content-Length", "1000") }, 503},
			{"error", func(w http.ResponseWriter) { w.WriteHeader(404) }, 404},
			{"status", func(w http.ResponseWriter) { w.WriteHeader(200) }, 0},
			{"body", func(w http.ResponseWriter) { io.WriteString(w, "the first half") }, 0},
			{"error's text", func(w http.ResponseWriter) { http.Error(w, "the first half", 404) }, 0},
			{"flushed", func(w http.ResponseWriter) { io.WriteString(w, "x"); w.(http.Flusher).Flush() }, 0},
		} {
			t.Run(c.name, func(t *testing.T) {
				s.wantAnswer(max(1, s.conns.Load()))
				before := s.conns.Load()
				s.ctx, s.stop = stoppable(t)
				s.handler = func(w http.ResponseWriter, r *http.Request) {
					c.begin(w)
					s.stop(errStop)
					<-r.Context().Done()
					_, err := io.WriteString(w, "the rest")
					wantCause(t, err, errStop)
				}
				resp, err := s.post(nil)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				switch {
				case c.status == 0 && err == nil:
					t.Errorf("the client took the answer, %d, for a whole one", resp.StatusCode)
				case c.status != 0 && (err != nil || resp.StatusCode != c.status):
					t.Errorf("answer = %v, %v, want status %d", resp, err, c.status)
				}
				if c.status != 0 {
					s.wantAnswer(before)
				} else {
					s.wantAnswer(before + s.ifHTTP1(1, 0))
				}
			})
		}
	})
}

// A read that waits for a slow sender is interrupted. The client can be told so,
// and no later request suffers.
func TestCancelInterruptsRequestBody(t *testing.T) {
	serve(t, func(t *testing.T, s *site) {
		for _, early := range []bool{false, true} {
			t.Run(fmt.Sprintf("answered=%v", early), func(t *testing.T) {
				s.ctx, s.stop = stoppable(t)
				failed := make(chan error, 2)
				s.handler = func(w http.ResponseWriter, r *http.Request) {
					if early {
						http.NewResponseController(w).EnableFullDuplex()
						w.Write([]byte("header first"))
						http.NewResponseController(w).Flush()
					}
					_, err := io.Copy(io.Discard, r.Body)
					failed <- err
					if !early {
						w.WriteHeader(http.StatusServiceUnavailable)
					}
					_, err = r.Body.Read(make([]byte, 1))
					failed <- err
				}
				s.wantAnswer(max(1, s.conns.Load()))
				before := s.conns.Load()
				body, pipe := io.Pipe()
				go pipe.Write([]byte("the beginning"))
				code := make(chan int, 1)
				go func() {
					resp, err := s.post(body)
					if err != nil {
						code <- 0
						return
					}
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
					code <- resp.StatusCode
				}()
				blocked(t, "ctxio.(*requestBody).Read")
				s.stop(errStop)
				within(t, "Read", func() {
					if err := <-failed; !errors.Is(err, errStop) {
						t.Errorf("Read = %v, want one that wraps %v", err, errStop)
					}
					wantCause(t, <-failed, errStop)
				})
				if !early {
					within(t, "the status", func() {
						if got := <-code; got != http.StatusServiceUnavailable {
							t.Errorf("status = %d, want 503", got)
						}
					})
				}
				pipe.Close()
				s.wantAnswer(before + s.ifHTTP1(1, 0))
			})
		}
	})
}

// A context that ends while nothing is under way spoils nothing: an answer has
// its status, and the connection is kept.
func TestCancelBetweenOperations(t *testing.T) {
	serve(t, func(t *testing.T, s *site) {
		s.handler = func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // from here on net/http reads in the background
			s.stop(errStop)
			<-r.Context().Done()
			_, err := r.Body.Read(make([]byte, 1))
			wantCause(t, err, errStop)
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			_, err = w.Write([]byte("x"))
			wantCause(t, err, errStop)
			_, err = io.WriteString(w, "x")
			wantCause(t, err, errStop)
			_, err = io.Copy(w, strings.NewReader("x"))
			wantCause(t, err, errStop)
			wantCause(t, http.NewResponseController(w).Flush(), errStop)
		}
		for range 3 {
			s.ctx, s.stop = stoppable(t)
			resp, err := s.post(strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusServiceUnavailable || err != nil || len(got) != 0 {
				t.Errorf("answer = %d %q, %v", resp.StatusCode, got, err)
			}
			s.wantAnswer(1)
		}
	})
}

// Requests that end well leave the server's deadlines and connections alone.
func TestKeepAlive(t *testing.T) {
	serve(t, func(t *testing.T, s *site) {
		for range 20 {
			s.wantAnswer(1)
		}
	})
}

// The server's WriteTimeout holds behind the Handler.
func TestWriteTimeoutHolds(t *testing.T) {
	failed := make(chan error, 1)
	s := httptest.NewUnstartedServer(ctxio.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		failed <- fill(w)
	})))
	s.Config.WriteTimeout = 50 * time.Millisecond
	s.Start()
	defer s.Close()
	resp, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	within(t, "Write", func() {
		if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write = %v, want os.ErrDeadlineExceeded", err)
		}
	})
}

// Everything that a ResponseController and type assertions find without the
// Handler is there with it.
func TestResponseWriterKeepsItsMethods(t *testing.T) {
	s := httptest.NewServer(ctxio.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		future := time.Now().Add(time.Hour)
		if err := errors.Join(rc.EnableFullDuplex(), rc.SetReadDeadline(future), rc.SetWriteDeadline(future)); err != nil {
			t.Error(err)
		}
		if _, ok := w.(io.StringWriter); !ok {
			t.Error("no io.StringWriter")
		}
		switch r.URL.Path {
		case "/flush":
			w.(http.Flusher).Flush()
			fmt.Fprint(w, "flushed")
		case "/file":
			w.(io.ReaderFrom).ReadFrom(strings.NewReader("copied"))
		case "/hijack":
			conn, rw, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			rw.WriteString("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhijacked")
			rw.Flush()
		}
	})))
	defer s.Close()
	for path, want := range map[string]string{"/flush": "flushed", "/file": "copied", "/hijack": "hijacked"} {
		resp, err := s.Client().Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(resp.Body); string(got) != want || err != nil {
			t.Errorf("%s: %q, %v", path, got, err)
		}
		resp.Body.Close()
	}
}

// A writer without deadlines, and without any of the optional methods.
func TestPlainResponseWriter(t *testing.T) {
	ctx, cancel := stoppable(t)
	rec := httptest.NewRecorder()
	plain := struct{ http.ResponseWriter }{rec}
	h := ctxio.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, err := w.(http.Hijacker).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack = %v, want http.ErrNotSupported", err)
		}
		if n, err := io.Copy(w, strings.NewReader("abc")); n != 3 || err != nil {
			t.Errorf("Copy = %d, %v", n, err)
		}
		if r.Body != http.NoBody {
			t.Errorf("Body = %T, want http.NoBody", r.Body)
		}
		cancel(errStop)
		_, err := w.Write(nil)
		wantCause(t, err, errStop)
	}))
	r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
	r.Body = http.NoBody
	h.ServeHTTP(plain, r)
	if rec.Body.String() != "abc" {
		t.Errorf("body = %q", rec.Body)
	}
}

// A dated is a ResponseWriter that counts deadlines.
type dated struct {
	http.ResponseWriter
	set atomic.Int32
}

func (d *dated) SetReadDeadline(time.Time) error  { d.set.Add(1); return nil }
func (d *dated) SetWriteDeadline(time.Time) error { d.set.Add(1); return nil }

// A handler that returns while a goroutine of it still reads has made a mistake,
// but the connection may soon belong to another request.
func TestHandsOffAfterReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		w := &dated{ResponseWriter: httptest.NewRecorder()}
		g := &gated{texts: make(chan string)}
		h := ctxio.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			go r.Body.Read(make([]byte, 1))
			synctest.Wait()
			cancel(errStop)
			synctest.Wait()
		}))
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "POST", "/", g))
		before := w.set.Load()
		time.Sleep(time.Minute)
		if after := w.set.Load(); before != 1 || after != 1 {
			t.Errorf("%d deadlines were set while the handler ran and %d after, want 1 and 0", before, after-before)
		}
		close(g.texts)
	})
}

// What a mux and a form's parser leave in the request is found by who is around
// the Handler: net/http removes the temporary files that it finds there.
func TestRequestIsPassedBack(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("POST /form", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(0); err != nil {
			t.Error(err)
		}
	}))
	var body bytes.Buffer
	fmt.Fprint(&body, "--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n", strings.Repeat("x", 1<<20), "\r\n--b--\r\n")
	r := httptest.NewRequest("POST", "/form", &body)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	ctxio.Handler(mux).ServeHTTP(httptest.NewRecorder(), r)
	if r.MultipartForm == nil || r.Pattern != "POST /form" {
		t.Fatalf("MultipartForm = %v, Pattern = %q", r.MultipartForm, r.Pattern)
	}
	if err := r.MultipartForm.RemoveAll(); err != nil {
		t.Error(err)
	}
}

// The context ends in all moments of a request; no later request suffers.
func TestRaceOfCancelAndRequest(t *testing.T) {
	serve(t, func(t *testing.T, s *site) {
		s.handler = func(w http.ResponseWriter, r *http.Request) {
			go s.stop(errStop)
			io.Copy(w, r.Body)
		}
		for range 200 {
			s.ctx, s.stop = stoppable(t)
			if resp, err := s.post(strings.NewReader(strings.Repeat("x", 1<<14))); err == nil {
				io.Copy(io.Discard, bufio.NewReader(resp.Body))
				resp.Body.Close()
			}
			within(t, "an answer", func() {
				resp, err := s.Client().Post(s.URL, "text/plain", nil)
				if err != nil {
					t.Error(err)
					return
				}
				defer resp.Body.Close()
				if got, err := io.ReadAll(resp.Body); string(got) != "read 0 <nil>" || err != nil {
					t.Errorf("answer = %q, %v", got, err)
				}
			})
			if t.Failed() {
				return
			}
		}
	})
}
