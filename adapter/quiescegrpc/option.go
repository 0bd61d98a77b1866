// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"net"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// An Option changes what [NewServer] makes.
type Option interface{ apply(*config) }

type config struct {
	grpc     []grpc.ServerOption
	listener *net.Listener // nil: the server binds its address
	health   *health.Server
	advisor  []drain.Option
	turns    []string // methods; nil and allTurns: all streams
	allTurns bool
}

type option func(*config)

func (f option) apply(c *config) { f(c) }

func newConfig(options []Option) *config {
	c := &config{advisor: []drain.Option{drain.WithCause(quiesce.StopCause)}}
	for _, o := range options {
		o.apply(c)
	}
	return c
}

// WithGRPC passes options on to grpc.NewServer: credentials, interceptors, limits.
// [grpc.WaitForHandlers] is always on.
func WithGRPC(options ...grpc.ServerOption) Option {
	return option(func(c *config) { c.grpc = append(c.grpc, options...) })
}

// WithListener serves on ln, which is already bound; the address is not used. The
// listener belongs to the server once it has started. Its queue is emptied before
// it is closed if it has a SetDeadline method, as those of package net have; new
// connections are not held off meanwhile, since the socket may be shared with another
// process. A nil ln fails the start. TLS belongs into the credentials: see [WithGRPC].
func WithListener(ln net.Listener) Option {
	return option(func(c *config) { c.listener = &ln })
}

// WithHealth registers h, and says NOT_SERVING for all its services when the
// server announces that it is leaving. Those who watch it are told then, and
// their streams end when clients are advised to leave.
func WithHealth(h *health.Server) Option {
	return option(func(c *config) { c.health = h })
}

// WithPace sets how streams are told to end: spread over window, with at most
// atOnce that were told and have not ended; see [drain.WithPace].
func WithPace(window time.Duration, atOnce int) Option {
	return option(func(c *config) { c.advisor = append(c.advisor, drain.WithPace(window, atOnce)) })
}

// WithTurns tells streaming calls of the given methods, such as
// "/shop.Shop/Watch", that their turn in a drain has come; those of all methods
// if none is given. The context of such a call ends then, with a cause that wraps
// [drain.ErrDraining]; its RecvMsg fails with codes.Unavailable, also one that
// waits already; and if the handler returns because of either, its client gets
// codes.Unavailable. Messages can still be sent until the handler returns.
//
// A message that comes in the same instant may be received and not handed out.
// Each RecvMsg costs a goroutine. Without this option calls are not told unless
// they ask [drain.From].
func WithTurns(methods ...string) Option {
	return option(func(c *config) {
		c.turns = append(c.turns, methods...)
		c.allTurns = c.allTurns || len(methods) == 0
	})
}

// hasTurns reports whether calls of a method are told. A watch of the health
// service always is: it never ends by itself, and its client learns nothing more.
func (c *config) hasTurns(method string) bool {
	return c.allTurns || slices.Contains(c.turns, method) ||
		c.health != nil && method == healthpb.Health_Watch_FullMethodName
}
