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

// A Door listens, and needs no context.
type Door struct{ ln net.Listener }

// NewDoor makes one.
func NewDoor() (*Door, error) { return &Door{}, nil }

// Run runs it until Stop.
func (d *Door) Run() error {
	d.ln, _ = net.Listen("tcp", ":7001")
	_, err := d.ln.Accept()
	return err
}

// Stop ends it.
func (d *Door) Stop() error { return d.ln.Close() }

// A TunnelServer has no stop at all.
type TunnelServer struct{ l net.Listener }

func NewTunnelServer() (*TunnelServer, error) {
	l, err := net.Listen("tcp", ":80")
	return &TunnelServer{l}, err
}

func (s *TunnelServer) Run() {}

// A Client is no server.
type Client struct{}

func NewClient() (*Client, error) { return nil, nil }

func (c *Client) Run() error { return nil }
