// SPDX-License-Identifier: Apache-2.0

package messaging

import (
	"context"

	"google.golang.org/grpc"
)

type Client struct{}

func (c *Client) Send(ctx context.Context, message string) error { return nil }

func (c *Client) Name(ctx context.Context) string { return "" }

func (c *Client) Close(ctx context.Context) error { return nil }

func (c *Client) Renew(ctx context.Context) error { return nil }

type Reply struct{}

type Stream interface{ Recv() (*Reply, error) }

type LoginClient interface {
	Login(ctx context.Context, in *Reply, opts ...grpc.CallOption) (*Reply, error)
	Watch(ctx context.Context, in *Reply, opts ...grpc.CallOption) (Stream, error)
}
