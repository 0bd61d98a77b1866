// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// DefaultEvery is how often a websocket is used, unless WSOptions say otherwise.
const DefaultEvery = 20 * time.Millisecond

// WSOptions say how websockets are used. The zero value is a ping from time to time,
// which every server answers.
type WSOptions struct {
	// Message is sent from time to time, as text, and is answered by any message. The
	// next is sent after the answer. Empty: pings are sent.
	Message string

	// Every is the time between an answer and the next message; 0: DefaultEvery.
	Every time.Duration

	// Subprotocols are offered to the server.
	Subprotocols []string
}

// WS returns clients that open a websocket, use it until the server closes it, and
// open the next. One websocket is one request, which lasts. It is
//
//   - [load.OK] if the server closes it with 1000 (normal), 1001 (going away) or 1012
//     (service restart); what was sent last need not have been answered
//   - [load.WSAbnormal] if it ends in any other way, or without a close frame
//   - [load.Timeout] if what is sent is not answered in time
//   - what it is for other requests of HTTP if it was not opened
//
// Method and Body of r mean nothing; "{id}" is one for each websocket.
func WS(r load.Request, o WSOptions) load.Kind {
	if o.Every <= 0 {
		o.Every = DefaultEvery
	}
	return &kindWS{r, o}
}

type kindWS struct {
	request load.Request
	WSOptions
}

// Client returns a client.
func (k *kindWS) Client(w *load.Wire) load.Client { return &clientWS{k, w} }

type clientWS struct {
	*kindWS
	wire *load.Wire
}

// Close has nothing to close: every Do has a connection of its own.
func (c *clientWS) Close() error { return nil }

// Do opens a websocket and uses it until it ends.
func (c *clientWS) Do(ctx context.Context, a *load.Attempt) {
	conn, err := c.wire.Dial(ctx)
	if err != nil {
		a.Fail(load.DialOutcome(err), err)
		return
	}
	defer conn.Close()
	a.Fresh = true
	addr := conn.RemoteAddr().String()
	if c.request.TLS != nil {
		if conn, err = c.secure(ctx, conn, addr); err != nil {
			a.Fail(load.TLSFailed, err)
			return
		}
	}
	ws := c.open(ctx, a, conn, addr)
	if ws == nil {
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(-1)
	c.use(ctx, a, ws)
}

func (c *clientWS) secure(ctx context.Context, conn net.Conn, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.wire.Timeout())
	defer cancel()
	config := c.request.TLS.Clone()
	config.NextProtos = []string{"http/1.1"}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(addr)
	}
	t := tls.Client(conn, config)
	return t, t.HandshakeContext(ctx)
}

// open makes the handshake of the websocket. It returns nil if that failed.
func (c *clientWS) open(ctx context.Context, a *load.Attempt, conn net.Conn, addr string) *websocket.Conn {
	ctx, cancel := context.WithTimeout(ctx, c.wire.Timeout())
	defer cancel()
	path, header := c.fill(a)
	transport := &http.Transport{ // of one connection, with its TLS: nothing is repeated
		DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}
	a.Sent = c.wire.Now()
	ws, resp, err := websocket.Dial(ctx, "ws://"+addr+path, &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		HTTPHeader: header, Host: c.request.Host, Subprotocols: c.Subprotocols,
	})
	if resp != nil {
		a.Status = resp.StatusCode
	}
	if err != nil {
		a.Fail(refusal(resp, err), err)
		return nil
	}
	return ws
}

// fill returns the path and the header of the handshake.
func (c *clientWS) fill(a *load.Attempt) (path string, header http.Header) {
	path, header = c.request.Path, c.request.Header.Clone()
	if path == "" {
		path = "/"
	}
	if c.request.IDs == nil {
		return path, header
	}
	a.ID = c.request.IDs()
	for _, values := range header {
		for i := range values {
			values[i] = strings.ReplaceAll(values[i], "{id}", a.ID)
		}
	}
	return strings.ReplaceAll(path, "{id}", a.ID), header
}

// refusal classes a handshake that failed.
func refusal(resp *http.Response, err error) load.Outcome {
	switch {
	case resp != nil && resp.Header.Get("Retry-After") != "" &&
		(resp.StatusCode == http.StatusServiceUnavailable || resp.StatusCode == http.StatusTooManyRequests):
		return load.HTTPRefused
	case resp != nil:
		return load.HTTPError
	case isTimeout(err):
		return load.Timeout
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return load.NoResponse
	default:
		return load.ResetAfterWrite
	}
}

// use asks and is answered until the websocket ends.
func (c *clientWS) use(ctx context.Context, a *load.Attempt, ws *websocket.Conn) {
	r := &listener{messages: make(chan struct{}, 1), ended: make(chan struct{})}
	go r.read(ctx, ws)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-r.ended:
			c.end(a, r.err)
			return
		}
		switch late, err := c.ask(ctx, ws, r); {
		case late:
			ws.CloseNow()
			<-r.ended
			a.Fail(load.Timeout, err)
			return
		case err != nil:
			<-r.ended // which says what has happened
			c.end(a, r.err)
			return
		}
		a.Answering()
		timer.Reset(c.Every)
	}
}

// A listener reads from a websocket.
type listener struct {
	messages chan struct{} // holds one: there was one
	ended    chan struct{} // closed: the websocket has ended, with err
	err      error
}

func (r *listener) read(ctx context.Context, ws *websocket.Conn) {
	defer close(r.ended)
	for {
		if _, _, r.err = ws.Read(ctx); r.err != nil {
			return
		}
		select {
		case r.messages <- struct{}{}:
		default:
		}
	}
}

// ask sends something and waits for the answer. An error that is not late says that
// the websocket has ended.
func (c *clientWS) ask(ctx context.Context, ws *websocket.Conn, r *listener) (late bool, err error) {
	timed, cancel := context.WithTimeout(ctx, c.wire.Timeout())
	defer cancel()
	if c.Message == "" {
		err = ws.Ping(timed)
	} else {
		err = c.echo(timed, ws, r)
	}
	return err != nil && timed.Err() != nil && ctx.Err() == nil, err
}

func (c *clientWS) echo(ctx context.Context, ws *websocket.Conn, r *listener) error {
	select {
	case <-r.messages: // nobody has asked for it
	default:
	}
	if err := ws.Write(ctx, websocket.MessageText, []byte(c.Message)); err != nil {
		return err
	}
	select {
	case <-r.messages:
		return nil
	case <-r.ended:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end classes the end of a websocket.
func (c *clientWS) end(a *load.Attempt, err error) {
	switch websocket.CloseStatus(err) {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusServiceRestart:
		c.wire.Told()
	default:
		a.Fail(load.WSAbnormal, err)
	}
}

func isTimeout(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}
