// SPDX-License-Identifier: Apache-2.0

// Package client stands for one that asks a server.
package client

import (
	"context"
	"net/http"
)

type Response struct{ *http.Response }

type Users struct{}

func (*Users) Find(context.Context, string) (string, *Response, error) { return "", nil, nil }
func (*Users) List(context.Context) ([]string, *http.Response, error)  { return nil, nil, nil }
func (*Users) Name(context.Context) (string, error)                    { return "", nil }
