// SPDX-License-Identifier: Apache-2.0

// Package unknown has clients of which it knows nothing.
package unknown

import (
	"context"
	"net/http"
)

type Client struct{ HTTP *http.Client }

func (c *Client) Get(ctx context.Context, url string) error {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return err
	}
	_, err = c.HTTP.Do(req) // want `c.HTTP.Do may block for long, and does not end with ctx: use http.NewRequestWithContext`
	return err
}

func (c *Client) Head(ctx context.Context, url string) {
	c.HTTP.Head(url) // want `c.HTTP.Head may block for long, and does not end with ctx`
}

func (c *Client) Send(ctx context.Context, req *http.Request) { c.HTTP.Do(req) }

func (c *Client) Post(url string) { c.HTTP.Post(url, "", nil) }

func (c *Client) other(ctx context.Context) *http.Client { return c.HTTP }

// Whoever makes a client knows its limits.
func (c *Client) Made(ctx context.Context, url string) {
	c.other(ctx).Get(url)
	client := c.other(ctx)
	client.Get(url)
}
