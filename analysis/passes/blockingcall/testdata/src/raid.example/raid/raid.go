// SPDX-License-Identifier: Apache-2.0

// Package raid stands for a library that dials with and without a limit.
package raid

import (
	"context"
	"time"
)

type Client struct{}

func Dial(network, address string) (*Client, error) { return nil, nil }

func DialWithTimeout(network, address string, limit time.Duration) (*Client, error) {
	return nil, nil
}

func Connect(ctx context.Context) error { return nil }

func ConnectTimeout(ctx context.Context, limit time.Duration) error { return nil }

// A Call is told what to do by its methods.
type Call struct{}

type Service struct{}

func (*Service) List(name string) *Call { return nil }

func (c *Call) Context(ctx context.Context) *Call { return c }

func (c *Call) Page(token string) *Call { return c }

func (c *Call) Do() ([]string, error) { return nil, nil }
