// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// An Option changes what [NewServer], [NewConns], [NewConsumer] or [NewAdvisor] makes.
type Option interface{ apply(*config) }

type config struct {
	listener *net.Listener // nil: the server binds srv.Addr
	own      bool          // nobody else has the listener's socket
	pace     pace
	request  func(*http.Request) string
	stage    func(Stage)
	cause    func(context.Context) error
}

func (c *config) init(options []Option) {
	c.pace = pace{window: defaultWindow, gap: defaultGap}
	for _, o := range options {
		o.apply(c)
	}
}

// why is the cause that everybody is given.
func (c *config) why(ctx context.Context) error {
	if c.cause != nil {
		if why := c.cause(ctx); why != nil {
			return fmt.Errorf("%w: %w", ErrDraining, why)
		}
	}
	return ErrDraining
}

// How turns are spread without [WithPace]: 200 clients in a second are no
// stampede, and five seconds are short beside usual budgets.
const (
	defaultWindow = 5 * time.Second
	defaultGap    = 5 * time.Millisecond
)

type option func(*config)

func (f option) apply(c *config) { f(c) }

// WithListener serves on ln, which is already bound: one on port 0 whose address
// is needed, a Unix socket, a socket inherited from a service manager. srv.Addr
// is not used.
//
// The listener belongs to the server once [Server.Listen] is called. Its queue
// is emptied before it is closed if it has a SetDeadline method, as those of
// package net have; new connections are not held off meanwhile, since the socket
// may be shared with another process. So of two instances with a socket each on one
// port (SO_REUSEPORT) the one that ends may reset a connection: that needs
// [WithOwnListener]. A nil ln fails Listen.
//
// Leave TLS to srv.TLSConfig. Of a listener that returns a *tls.Conn, hijacked
// connections are neither waited for nor closed.
func WithListener(ln net.Listener) Option {
	return option(func(c *config) { c.listener, c.own = &ln, false })
}

// WithOwnListener is [WithListener] for a socket that no other process has, as that
// of a net.Listen of this program: new connections are held off while its queue is
// emptied, as those of a listener that the server binds itself. Go's net.Listen
// makes MPTCP sockets where it can, for which that has no effect: turn it off with
// [net.ListenConfig.SetMultipathTCP].
func WithOwnListener(ln net.Listener) Option {
	return option(func(c *config) { c.listener, c.own = &ln, true })
}

// WithPace sets how [Long] work is told to end: spread over window, and with at
// most atOnce that were told and have not ended; 0 is no limit. The default is 5 ms
// for each, five seconds at most, and no limit. Where the drain's deadline is near, the window is at
// most a quarter of its time. A negative value counts as 0.
func WithPace(window time.Duration, atOnce int) Option {
	return option(func(c *config) { c.pace = pace{window: max(0, window), atOnce: max(0, atOnce)} })
}

// WithRequests keeps a list of the requests in flight, for [Server.Requests] and
// so that an error can name those that overran. Each is called what name returns;
// if name is nil, "GET /orders from 192.0.2.1:4711". It costs a lock, a reading
// of the clock and what name costs, for each request; name is called before the
// handler, on its goroutine.
func WithRequests(name func(*http.Request) string) Option {
	if name == nil {
		name = func(r *http.Request) string { return r.Method + " " + r.URL.Path + " from " + r.RemoteAddr }
	}
	return option(func(c *config) { c.request = name })
}

// WithStages calls f when a stage begins, on the goroutine that begins it, which
// waits for f. Calls do not overlap, except that [StageForce] may come at any
// time.
func WithStages(f func(Stage)) Option {
	return option(func(c *config) { c.stage = f })
}

// WithCause lets cause say why the server is drained: it is called once, with
// the context of [Server.Drain], and what it returns is wrapped in
// [Handle.Cause]. It may return nil.
func WithCause(cause func(context.Context) error) Option {
	return option(func(c *config) { c.cause = cause })
}

// A Stage is how far a [Server], [Conns] or [Consumer] is in its drain. Stages follow each other; some
// may be left out.
type Stage int

const (
	StageServe  Stage = iota // no drain
	StageNotice              // it will be drained; everything is as before
	StageAdvise              // clients are told to leave
	StageDrain               // no connection is accepted any more
	StageCancel              // the contexts of what is left have ended
	StageForce               // what was left was closed
)

// String returns the name: "serve", "notice", "advise" and so on.
func (s Stage) String() string {
	return [...]string{"serve", "notice", "advise", "drain", "cancel", "force"}[s]
}
