// SPDX-License-Identifier: Apache-2.0

package load

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Request is what a client of HTTP sends, and how. The zero value is GET / in
// clear.
type Request struct {
	Method string      // empty: GET, or POST with a body
	Path   string      // empty: "/"
	Host   string      // empty: the address
	Header http.Header // further headers, other than those of framing
	Body   string      // empty: none

	// TLS is used to connect, if it is not nil. An empty ServerName is the host of
	// the address; NextProtos is set by the kind of client.
	TLS *tls.Config

	// IDs, if it is not nil, is called for each attempt, and "{id}" in Path, in the
	// values of Header and in Body is replaced by what it returns. Calls overlap.
	IDs func() string

	// Accept says which statuses are OK. Nil: those below 400.
	Accept func(status int) bool

	// Long says that the answer lasts, as that of a long poll or a stream of events
	// does: the timeout bounds its begin only. It is OK if it ends as the protocol
	// says: with a last chunk, or at its length. One that has neither and ends with
	// its connection is [Truncated].
	Long bool
}

// id is replaced in a request.
const id = "{id}"

// with returns the request with an id.
func (r *Request) with(value string) *Request {
	out := *r
	out.Path = strings.ReplaceAll(r.Path, id, value)
	out.Body = strings.ReplaceAll(r.Body, id, value)
	out.Header = r.Header.Clone()
	for _, values := range out.Header {
		for i := range values {
			values[i] = strings.ReplaceAll(values[i], id, value)
		}
	}
	return &out
}

func (r *Request) method() string {
	switch {
	case r.Method != "":
		return r.Method
	case r.Body != "":
		return http.MethodPost
	default:
		return http.MethodGet
	}
}

func (r *Request) path() string {
	if r.Path == "" {
		return "/"
	}
	return r.Path
}

// host returns the Host of a request to addr.
func (r *Request) host(addr string) string {
	if r.Host == "" {
		return addr
	}
	return r.Host
}

// wire1 returns the request as HTTP/1.1.
func (r *Request) wire1(addr string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.method(), r.path(), r.host(addr))
	_ = r.Header.Write(&b) // a Builder takes everything
	if r.Body != "" || !slices.Contains([]string{http.MethodGet, http.MethodHead}, r.method()) {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.Body))
	}
	b.WriteString("\r\n" + r.Body)
	return []byte(b.String())
}

// outcome classes a whole answer.
func (r *Request) outcome(status int, retryAfter bool) Outcome {
	switch {
	case r.Accept == nil && status < http.StatusBadRequest, r.Accept != nil && r.Accept(status):
		return OK
	case retryAfter && (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests):
		return HTTPRefused
	default:
		return HTTPError
	}
}
