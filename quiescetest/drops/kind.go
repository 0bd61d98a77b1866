// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Kind makes clients of one protocol. [KeepAlive], [Naive], [NewConnection] and
// [HTTP2] return those for HTTP; for another protocol, implement it.
type Kind interface {
	// Client returns a client that reaches the server through w, on one
	// connection at a time. It does not connect yet. It is called on many
	// goroutines.
	Client(w *Wire) Client
}

// A Client sends requests and never retries one.
type Client interface {
	// Do makes one request and says how it ended. It connects first if it must,
	// and does nothing else if that fails. What it can know before it writes, that
	// its connection was closed, is not an attempt: it connects anew. It returns
	// within about [Wire.Timeout], and soon when ctx ends.
	//
	// Calls overlap if the [Load] shares the client.
	Do(ctx context.Context) Outcome

	// Close closes its connections. It is called once, after the last Do.
	Close() error
}

// A Request is what a client sends, and how. The zero value is GET / in clear.
type Request struct {
	Method string      // empty: GET, or POST with a body
	Path   string      // empty: "/"
	Host   string      // empty: the address
	Header http.Header // further headers, other than those of framing
	Body   string      // empty: none

	// TLS is used to connect, if it is not nil. An empty ServerName is the host of
	// the address; NextProtos is set by the kind of client.
	TLS *tls.Config
}

func (r Request) method() string {
	switch {
	case r.Method != "":
		return r.Method
	case r.Body != "":
		return http.MethodPost
	default:
		return http.MethodGet
	}
}

func (r Request) path() string {
	if r.Path == "" {
		return "/"
	}
	return r.Path
}

// host returns the Host of a request to addr.
func (r Request) host(addr string) string {
	if r.Host == "" {
		return addr
	}
	return r.Host
}

// wire1 returns the request as HTTP/1.1.
func (r Request) wire1(addr string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.method(), r.path(), r.host(addr))
	_ = r.Header.Write(&b) // a Builder takes everything
	if r.Body != "" || !slices.Contains([]string{http.MethodGet, http.MethodHead}, r.method()) {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.Body))
	}
	b.WriteString("\r\n" + r.Body)
	return []byte(b.String())
}

// statusOutcome classes a whole answer.
func statusOutcome(status int, retryAfter bool) Outcome {
	switch {
	case status < http.StatusBadRequest:
		return OK
	case retryAfter && (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests):
		return HTTPRefused
	default:
		return HTTPError
	}
}
