// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
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
// If a Write or ReadFrom fails so (also a ReadFrom whose source does, with the
// context ended), no client takes what it got for the whole. After the answer has
// begun it is broken off: over HTTP/1 with the connection, over HTTP/2 with the
// stream; only HTTP/1.0 cannot tell that from the end. If none had begun, the
// client gets a 503, or the status of 400 and above that h gives with WriteHeader,
// which is passed on; h's text for it is not. An h that leaves something out
// because another call has failed must say so itself, by a panic with
// [http.ErrAbortHandler].
//
// Until an operation is interrupted or an answer broken off, the deadlines that the
// server has set are not touched: WriteTimeout and ReadTimeout are in force, and
// the connection is kept alive. That holds also if the context ends between two
// operations, and if it ends after h has returned, as a request's always does.
// After an interrupted Read the connection is closed too, over HTTP/1, or the rest
// of the body would be taken for the next request. If the answer had begun before,
// without a word of that, it is broken off as far as it is not sent.
//
// The writer has Flush, Hijack, SetReadDeadline and the rest of what
// [http.ResponseController] knows, ReadFrom and WriteString, and Unwrap. What the
// server's writer does not have fails with [http.ErrNotSupported]; one that has no
// deadlines (a [net/http/httptest.ResponseRecorder]) is not interrupted. A
// connection that was hijacked is no longer bound: use [NewConn]. An interim answer
// (WriteHeader with 1xx) is sent at once, so that it can be interrupted; after the
// end of the context none is sent. What the server does after h has returned, as
// to read what is left of the body, is not interrupted.
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
	return x.beginLocked(f)
}

func (x *exchange) beginLocked(f *flow) error {
	if x.ctx.Err() != nil {
		return x.ended(f)
	}
	f.n++
	return nil
}

// beginFlush is begin for what writes the header, if that is not yet written.
func (x *exchange) beginFlush() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.beginLocked(&x.write)
	if err == nil {
		x.answerLocked()
	}
	return err
}

// beginWrite is begin for what writes a part of the body.
func (x *exchange) beginWrite() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.beginLocked(&x.write); err != nil {
		x.refused = true
		return err
	}
	x.answerLocked()
	x.wrote = true
	return nil
}

// copied is told how a copy into the body has ended. That its source has failed
// may be our doing, or that of others whom the context has ended: a part of the
// body is missing as if its Write had been refused.
func (x *exchange) copied(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err != nil && x.ctx.Err() != nil {
		x.refused = true
	}
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
	// Before the header net/http reads what is left of the body, inside of a Write,
	// which can wait for a slow sender. The connection is lost with the answer.
	writing := x.write.n > 0
	reading := x.read.n > 0 || writing && x.http1
	again := reading && x.read.interrupt()
	again = writing && x.write.interrupt() || again
	if again {
		time.AfterFunc(recut, x.interrupt)
	}
}

// interrupt reports whether the flow has deadlines.
func (f *flow) interrupt() bool {
	f.cut = true
	return f.set(past) == nil
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

// handOver is called when the connection was hijacked, and is another's.
func (x *exchange) handOver() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = true
}

// release is called when the handler has returned.
func (x *exchange) release() {
	x.mu.Lock()
	hijacked := x.over
	x.over = true
	spoilt := x.http1 && x.read.cut
	unanswered := x.refused && !x.answered
	broken := x.answered && (x.truncated() || spoilt && !x.closing)
	x.mu.Unlock()
	if hijacked {
		return
	}
	if spoilt {
		closeAfterReply(x.w)
	}
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

// sayClose tells the client that the connection is not to be used again, if it is
// not. Over HTTP/2 it would end all other streams. Caller holds mu.
func (x *exchange) sayClose() {
	if x.http1 && x.read.cut {
		x.closing = true
		x.w.Header().Set("Connection", "close")
	}
}

// closeAfterReply has the server close the connection when it is done with the
// answer. Else what the client sends of the body later might be taken for the next
// request; and a read that was interrupted in the background would end the context
// of that. To break off the answer, which tells a client of whose header it is too
// late to say so, is not enough: all of the answer may be out. A limit on the body
// is the only way to this that net/http has, given the server's own writer.
func closeAfterReply(w http.ResponseWriter) {
	for {
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = u.Unwrap()
	}
	tooLong := io.NopCloser(strings.NewReader("x"))
	_, _ = http.MaxBytesReader(w, tooLong, 0).Read(make([]byte, 1))
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
