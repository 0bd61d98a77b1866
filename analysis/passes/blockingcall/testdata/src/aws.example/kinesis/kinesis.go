// SPDX-License-Identifier: Apache-2.0

// Package kinesis stands for the client of a service, with two forms of each call.
package kinesis

import "context"

// An Option changes a request.
type Option func()

// A Client asks a service.
type Client struct{}

// Put waits for the service.
func (*Client) Put(name string) error { return nil }

// PutWithContext does so with a context.
func (*Client) PutWithContext(ctx context.Context, name string, opts ...Option) error { return nil }

// Name asks nobody.
func (*Client) Name() string { return "" }

// Wait is another call than WaitContext.
func (*Client) Wait() {}

// WaitContext returns something.
func (*Client) WaitContext(ctx context.Context) error { return nil }

// Describe waits for the service.
func Describe(name string) (string, error) { return name, nil }

// DescribeContext does so with a context.
func DescribeContext(ctx context.Context, name string) (string, error) { return name, nil }

// Accept returns with what comes, or when the client is closed.
func (*Client) Accept() error { return nil }

// AcceptWithContext does so with a context.
func (*Client) AcceptWithContext(ctx context.Context) error { return nil }
