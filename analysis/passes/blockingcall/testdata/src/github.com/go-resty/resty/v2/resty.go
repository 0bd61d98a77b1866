// SPDX-License-Identifier: Apache-2.0

package resty

import "time"

type Client struct{}

func New() *Client { return nil }

func (*Client) SetTimeout(time.Duration) *Client { return nil }

func (*Client) R() *Request { return nil }

type Request struct{}

func (*Request) Get(url string) (any, error) { return nil, nil }
