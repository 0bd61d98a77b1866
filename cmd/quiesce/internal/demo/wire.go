// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	// dialPatience and answerPatience bound one attempt. They are far above what
	// a loaded machine needs: what takes longer counts as lost.
	dialPatience   = 5 * time.Second
	answerPatience = 15 * time.Second
)

// An Outcome is what became of one request: of one attempt on the wire.
type Outcome int

const (
	// Answered is a request with a whole answer, whatever it says.
	Answered Outcome = iota

	// Refused is a request that never began: nobody listened, or the connection
	// was gone before its first byte was written.
	Refused

	// Lost is a request of which something was written and that has no whole
	// answer: nobody can say whether it was done.
	Lost
)

// A request is written as it stands here: nothing is added or repeated.
type request struct {
	method, path string
	id           string        // sent as Idempotency-Key if not empty
	body         string        // sent with its length, if the method is POST
	pause        time.Duration // between the first and the last byte of the body
	last         bool          // asks for Connection: close
}

// An answer is what came back for a request.
type answer struct {
	outcome Outcome
	status  int
	header  http.Header
	body    string
	leave   bool  // the server closes the connection after this answer
	err     error // why there is no whole answer
}

// A wire is one HTTP/1.1 connection. It makes no second attempt at anything:
// http.Transport repeats requests on its own when a connection dies under them,
// and so hides what a stop loses.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
}

// dial connects. An error means that a request was refused before it began.
func dial(addr string) (*wire, error) {
	conn, err := net.DialTimeout("tcp", addr, dialPatience)
	if err != nil {
		return nil, err
	}
	return &wire{conn, bufio.NewReader(conn)}, nil
}

func (w *wire) close() { w.conn.Close() }

// do makes one attempt at a request and classifies what became of it.
func (w *wire) do(q request) answer {
	w.conn.SetDeadline(time.Now().Add(answerPatience))
	n, writeErr := w.send(q)
	if writeErr != nil && n == 0 {
		return answer{outcome: Refused, err: writeErr}
	}
	// A server may answer and close before it has read everything.
	a := w.receive(q.method)
	if a.outcome == Lost && writeErr != nil {
		a.err = errors.Join(writeErr, a.err)
	}
	return a
}

// send returns how many bytes were written.
func (w *wire) send(q request) (int, error) {
	text := q.text()
	cut := len(text) - len(q.body)/2
	if q.pause == 0 || q.method != http.MethodPost {
		cut = len(text)
	}
	n, err := io.WriteString(w.conn, text[:cut])
	if err != nil || cut == len(text) {
		return n, err
	}
	time.Sleep(q.pause) // a client that is slow to say what it wants
	m, err := io.WriteString(w.conn, text[cut:])
	return n + m, err
}

func (q request) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: shop\r\n", q.method, q.path)
	if q.id != "" {
		fmt.Fprintf(&b, "Idempotency-Key: %s\r\n", q.id)
	}
	if q.last {
		b.WriteString("Connection: close\r\n")
	}
	if q.method == http.MethodPost {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(q.body))
	}
	b.WriteString("\r\n")
	if q.method == http.MethodPost {
		b.WriteString(q.body)
	}
	return b.String()
}

// errNoEnd is an answer of which nothing says where it ends: one that was cut
// looks the same.
var errNoEnd = errors.New("the answer has neither a length nor chunks")

// receive reads one answer to its end.
func (w *wire) receive(method string) answer {
	resp, err := http.ReadResponse(w.r, &http.Request{Method: method})
	if err != nil {
		return answer{outcome: Lost, err: fmt.Errorf("no answer: %w", err)}
	}
	defer resp.Body.Close()
	if resp.ContentLength < 0 && resp.TransferEncoding == nil {
		return answer{outcome: Lost, err: errNoEnd}
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{outcome: Lost, err: fmt.Errorf("answer cut: %w", err)}
	}
	return answer{outcome: Answered, status: resp.StatusCode, header: resp.Header, body: string(body), leave: resp.Close}
}

// idle waits for d and reports whether the connection can then be used again.
// It listens meanwhile, as every HTTP client does: a connection that the server
// has closed must not be sent a request.
func (w *wire) idle(d time.Duration) bool {
	w.conn.SetReadDeadline(time.Now().Add(d))
	_, err := w.r.Peek(1)
	return errors.Is(err, os.ErrDeadlineExceeded)
}
