// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Handler returns a handler that calls h with a [http.ResponseWriter] and a
// [http.Request] body that obey the request's context, over HTTP/1 and HTTP/2.
// For another context, give it the request with that:
//
//	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
//	defer cancel()
//	ctxio.Handler(h).ServeHTTP(w, r.WithContext(ctx))
//
// When the context ends, a Write, Flush or ReadFrom that waits for a slow reader
// and a Read that waits for a slow sender are interrupted, and later ones fail at
// once, with an error that wraps [context.Cause] and, if there was one, that of
// net/http.
//
// No client takes a part of an answer for a whole one. If a Write fails so after
// the answer has begun, the answer is broken off: over HTTP/1 with the connection,
// over HTTP/2 with the stream. If none had begun, the client gets a 503, or the
// status of 400 and above that h gives with WriteHeader, which is passed on; h's
// text for it is not.
//
// Until an operation is interrupted or an answer broken off, the deadlines that the
// server has set are not touched: WriteTimeout and ReadTimeout are in force, and
// the connection is kept alive. That holds also if the context ends between two
// operations, and if it ends after h has returned, as a request's always does.
// After an interrupted Read the connection is closed too, over HTTP/1.
//
// The writer has Flush, Hijack, SetReadDeadline and the rest of what
// [http.ResponseController] knows, ReadFrom and WriteString, and Unwrap. What the
// server's writer does not have fails with [http.ErrNotSupported]; one that has no
// deadlines (a [net/http/httptest.ResponseRecorder]) is not interrupted. A
// connection that was hijacked is no longer bound: use [NewConn].
//
// Note that net/http ends the context of an HTTP/1 request when the client closes
// its sending half, even if it still reads.
func Handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := newExchange(w, r)
		stop := context.AfterFunc(x.ctx, x.interrupt)
		bound := r
		if r.Body != nil && r.Body != http.NoBody {
			bound = r.WithContext(x.ctx) // the server looks at the body of its own
			bound.Body = &requestBody{x, r.Body}
		}
		defer func() {
			stop()
			x.release()
			// What the server, and handlers around this one, look for in theirs.
			r.MultipartForm, r.Pattern = bound.MultipartForm, bound.Pattern
		}()
		h.ServeHTTP(&responseWriter{x}, bound)
	})
}

// An exchange is a request and its answer.
//
// The deadlines that the server has set are not known and cannot be put back,
// unlike those of a Conn. So they are left alone as long as possible: only an
// operation that is under way when the context ends is interrupted, and then for
// good. With net/http it must be so: it reads in the background while a handler
// runs, and a deadline that hits this read ends the context of all later requests
// on the connection.
type exchange struct {
	ctx   context.Context
	w     http.ResponseWriter
	http1 bool

	mu          sync.Mutex // guards what follows; held while a deadline is set
	over        bool       // the handler has returned: hands off
	answered    bool       // the header is written
	status      int        // by WriteHeader; 0 if that was not called
	closing     bool       // the header says that the connection will be closed
	wrote       bool       // something of the body is written
	refused     bool       // something of the body is missing
	read, write flow
}

// A flow is one direction of an exchange.
type flow struct {
	name string
	set  func(time.Time) error
	n    int  // operations under way
	cut  bool // one was interrupted
}

func newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	rc := http.NewResponseController(w)
	return &exchange{
		ctx: r.Context(), w: w, http1: r.ProtoMajor == 1,
		read:  flow{name: "read request", set: rc.SetReadDeadline},
		write: flow{name: "write response", set: rc.SetWriteDeadline},
	}
}

// begin and end are around an operation. Either begin sees that the context has
// ended, or interrupt sees what begin has counted.
func (x *exchange) begin(f *flow) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ctx.Err() != nil {
		return x.ended(f)
	}
	if f == &x.write {
		x.answerLocked()
	}
	f.n++
	return nil
}

// beginWrite is begin for what writes a part of the body.
func (x *exchange) beginWrite() error {
	err := x.begin(&x.write)
	x.mu.Lock()
	defer x.mu.Unlock()
	if err != nil {
		x.refused = true
	} else {
		x.wrote = true
	}
	return err
}

// end returns what the caller is told about err: if an operation was interrupted,
// the cause and err. Which of them came first cannot be known: net/http ends the
// request's context when a write fails, before the write returns. And over HTTP/2
// the error of what we interrupt is not a time-out.
func (x *exchange) end(f *flow, err error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	f.n--
	if err == nil || err == io.EOF || !f.cut {
		return err
	}
	return fmt.Errorf("%w: %w", x.ended(f), err)
}

func (x *exchange) ended(f *flow) error {
	return fmt.Errorf("ctxio: %s: %w", f.name, &ended{context.Cause(x.ctx)})
}

// recut is how often an operation is interrupted that does not end. When a write
// has failed, net/http closes the connection before the write returns, for which
// crypto/tls gives itself a new deadline of five seconds.
const recut = 10 * time.Millisecond

// interrupt is the context's callback.
func (x *exchange) interrupt() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over {
		return
	}
	again := false
	for _, f := range []*flow{&x.read, &x.write} {
		if f.n > 0 {
			f.cut = true
			again = f.set(past) == nil || again
		}
	}
	if again {
		time.AfterFunc(recut, x.interrupt)
	}
}

// answer is called before the header is written with WriteHeader.
func (x *exchange) answer(code int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.answered {
		x.status = code
	}
	x.answerLocked()
}

func (x *exchange) answerLocked() {
	if !x.answered {
		x.answered = true
		x.sayClose()
	}
}

// release is called when the handler has returned.
func (x *exchange) release() {
	x.mu.Lock()
	x.over = true
	if !x.answered {
		x.sayClose()
	}
	unanswered := x.refused && !x.answered
	broken := x.answered && (x.truncated() || x.unusable())
	x.mu.Unlock()
	if unanswered {
		http.Error(x.w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
	}
	if broken {
		_ = x.write.set(past)
	}
}

// truncated reports whether the server would end an answer that is not whole. A
// text that is missing to an error's status is no loss.
func (x *exchange) truncated() bool {
	return x.refused && (x.wrote || x.status < http.StatusBadRequest)
}

// unusable reports whether the server might use the connection again though a
// read of it was interrupted. The rest of the body must not be taken for the next
// request, nor that be served (see exchange). The server notices most of such
// cases; it is too late to tell it in the header.
func (x *exchange) unusable() bool { return x.http1 && x.read.cut && !x.closing }

// sayClose tells client and server that the connection is not to be used again,
// if it is not. Over HTTP/2 it would end all other streams. Caller holds mu.
func (x *exchange) sayClose() {
	if x.http1 && x.read.cut {
		x.closing = true
		x.w.Header().Set("Connection", "close")
	}
}

// setDeadline is the handler's own.
func (x *exchange) setDeadline(f *flow, t time.Time) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if f.cut {
		return nil
	}
	return f.set(t)
}
