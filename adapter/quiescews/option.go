// SPDX-License-Identifier: Apache-2.0

package quiescews

import (
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
)

// DefaultHandshakeTimeout is how long a client may take to answer the close
// frame without [WithHandshakeTimeout].
const DefaultHandshakeTimeout = 5 * time.Second

// An Option changes what [New] makes.
type Option interface{ apply(*config) }

type config struct {
	code      websocket.StatusCode
	reason    string
	handshake time.Duration
	advisor   []drain.Option
}

type option func(*config)

func (f option) apply(c *config) { f(c) }

func newConfig(options []Option) config {
	c := config{
		code:      websocket.StatusGoingAway,
		handshake: DefaultHandshakeTimeout,
		advisor:   []drain.Option{drain.WithCause(quiesce.StopCause)},
	}
	for _, o := range options {
		o.apply(&c)
	}
	return c
}

// WithClose sets what the close frame says. The default is
// websocket.StatusGoingAway (1001) and no reason; StatusServiceRestart (1012) asks
// clients to come back after a random delay (IANA WebSocket Close Code registry).
// A reason is cut to the 123 bytes that the frame can hold. A code that may not be
// sent (RFC 6455, 7.4) becomes 1011.
func WithClose(code websocket.StatusCode, reason string) Option {
	const most = 123                                                  // RFC 6455, 5.5: 125, of which the code takes two
	reason = strings.ToValidUTF8(reason[:min(len(reason), most)], "") // it must be, and a rune may be cut
	return option(func(c *config) { c.code, c.reason = code, reason })
}

// WithHandshakeTimeout sets how long a close may take from the frame to the end of
// the connection; then it is cut. More than ten seconds have no effect: the
// library gives up then. Zero and negative cut it at once.
func WithHandshakeTimeout(d time.Duration) Option {
	return option(func(c *config) { c.handshake = max(0, d) })
}

// WithPace sets how connections are told to close: spread over window, with at
// most atOnce that were told and are still there; see [drain.WithPace]. It has no
// effect on those of a [drain.Server], which has a pace of its own.
func WithPace(window time.Duration, atOnce int) Option {
	return option(func(c *config) { c.advisor = append(c.advisor, drain.WithPace(window, atOnce)) })
}
