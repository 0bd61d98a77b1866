// SPDX-License-Identifier: Apache-2.0

package situation

import (
	"fmt"
	"net/http"
	"strings"
)

// fill is what halves of bodies are of, if the request has none.
var fill = strings.Repeat("quiesce ", 128)

func (c *client) method() string {
	switch r := &c.play.scene.Request; {
	case c.form.method != "":
		return c.form.method
	case r.Method != "":
		return r.Method
	case r.Body != "":
		return http.MethodPost
	default:
		return http.MethodGet
	}
}

// request returns the request as HTTP/1.1: the header and the body.
func (c *client) request() (header, body []byte) { return c.render(c.play.scene.Request.Body) }

// requestWithBody is request with a body in any case, of two bytes at least.
func (c *client) requestWithBody() (header, body []byte) {
	if b := c.play.scene.Request.Body; len(b) > 1 {
		return c.render(b)
	}
	return c.render(fill)
}

func (c *client) render(body string) (header, _ []byte) {
	r := &c.play.scene.Request
	id := func(s string) string { return s }
	if r.IDs != nil {
		drawn := r.IDs()
		id = func(s string) string { return strings.ReplaceAll(s, "{id}", drawn) }
	}
	path, host := id(r.Path), r.Host
	if path == "" {
		path = "/"
	}
	if host == "" {
		host = c.play.scene.Addr
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", c.method(), path, host)
	for name, values := range r.Header {
		for _, v := range values {
			fmt.Fprintf(&b, "%s: %s\r\n", name, id(v))
		}
	}
	body = id(body)
	if body != "" || (c.method() != http.MethodGet && c.method() != http.MethodHead) {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	return []byte(b.String()), []byte(body)
}

// whole returns the request in one piece.
func (c *client) whole() []byte {
	header, body := c.request()
	return append(header, body...)
}
