// SPDX-License-Identifier: Apache-2.0

// Package tunnel has a service with an end of its own.
package tunnel

import (
	"context"
	"net"
)

// A Service listens.
type Service struct{ ln net.Listener }

// Run runs it until ctx is done.
func (s *Service) Run(ctx context.Context) {
	s.ln, _ = net.Listen("tcp", ":7000")
	<-ctx.Done()
	s.Close()
}

// Close ends it.
func (s *Service) Close() error { return s.ln.Close() }

// A Query asks once.
type Query struct{}

// Run asks.
func (Query) Run(context.Context) {}
